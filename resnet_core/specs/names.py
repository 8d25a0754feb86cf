"""Specs by name: `cifar/resnet-56`, `imagenet/resnet-50`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeAlias

from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import NetworkSpec, parse_name
from resnet_core.specs.imagenet import PREFIX, ImageNetSpec, parse_imagenet_name

Spec: TypeAlias = NetworkSpec | ImageNetSpec


def is_imagenet(name: str) -> bool:
    """Return True for the name of a network for ImageNet."""
    return name.strip().lower().startswith(PREFIX)


def settings_of(name: str) -> frozenset[str]:
    """Return the fields of the network's spec that its name does not decide."""
    kind: type[Spec] = ImageNetSpec if is_imagenet(name) else NetworkSpec
    return frozenset(field.name for field in fields(kind)) - {"architecture", "family", "depth"}


def spec_of(name: str, **settings: Any) -> Spec:
    """Return the spec of this name with these settings.

    Args:
        settings: fields of `NetworkSpec` or `ImageNetSpec`; the others keep their defaults,
            which are the paper's: option A and 10 classes on CIFAR, option B and 1000 classes
            on ImageNet.

    Raises:
        InvalidSetting: the name is unknown, or a setting is not one of this network's.
    """
    for setting in settings:
        if setting not in settings_of(name):
            raise InvalidSetting(setting, "setting.not_of_network", network=name.strip()[:60])
    if is_imagenet(name):
        return ImageNetSpec(parse_imagenet_name(name), **settings)
    layers = 3 if settings.get("block") == "bottleneck" else settings.get("layers_per_block", 2)
    family, depth = parse_name(name, layers)
    return NetworkSpec(family, depth, **{**settings, "layers_per_block": layers})
