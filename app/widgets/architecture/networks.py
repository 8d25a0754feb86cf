"""Networks as people choose them: by a short text in the URL, by a title on the page."""

from __future__ import annotations

from typing import Any, get_args

from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import FAMILIES, Block, NetworkSpec, Shortcut, StrideIn
from resnet_core.specs.imagenet import ARCHITECTURES, ImageNetSpec
from resnet_core.specs.names import Spec, is_imagenet, spec_of

# What can stand behind a network's name in a URL, and the setting that it is a value of.
_WORDS: dict[str, str] = {
    **dict.fromkeys(get_args(Shortcut), "shortcut"),
    **dict.fromkeys(get_args(StrideIn), "stride_in"),
    **dict.fromkeys(get_args(Block), "block"),
}
_NAMES = {"resnet": "ResNet", "vgg": "VGG", "googlenet": "GoogLeNet", "preresnet": "preResNet"}
_SEPARATOR = "."
# The kinds that are offered: every network for ImageNet, and a family of any depth for CIFAR.
KINDS = (
    *(f"imagenet/{name}" for name in ARCHITECTURES),
    *(f"cifar/{name}" for name in FAMILIES),
)


def token(spec: Spec) -> str:
    """The network for a URL: its name, and settings that are not the usual ones."""
    usual = spec_of(spec.name, **({"block": spec.block} if _has_block(spec) else {}))
    words = [
        str(getattr(spec, field))
        for field in ("shortcut", "stride_in")
        if getattr(spec, field) != getattr(usual, field)
    ]
    if _has_block(spec) and spec.block == "bottleneck":
        words.append("bottleneck")
    return _SEPARATOR.join([spec.name, *words])


def spec_from(text: str) -> Spec:
    """The network that `token` wrote.

    Raises:
        InvalidSetting: the name or one of the words is unknown.
    """
    name, *words = text[:80].split(_SEPARATOR)
    settings: dict[str, Any] = {}
    for word in words:
        if word not in _WORDS:
            raise InvalidSetting(
                "network", "setting.part_of_network", given=word[:20], options=_WORDS
            )
        settings[_WORDS[word]] = word
    return spec_of(name, **settings)


def kind(spec: Spec) -> str:
    """The one of `KINDS` that it belongs to."""
    return spec.name if is_imagenet(spec.name) else f"cifar/{spec.family}"


def title(spec: Spec) -> str:
    """As the paper writes it: "ResNet-50", "plain-34"; then settings that are not the usual."""
    family, _, depth = spec.name.rpartition("/")[2].partition("-")
    named = "-".join(filter(None, [_NAMES.get(family, family), depth]))
    words = token(spec).split(_SEPARATOR)[1:]
    return " ".join([named, *words])


def described(spec: Spec) -> str:
    """The title, and what the network is for where that is CIFAR."""
    return title(spec) if isinstance(spec, ImageNetSpec) else f"{title(spec)} · CIFAR"


def _has_block(spec: Spec) -> bool:
    """Whether basic block or bottleneck is a choice; depth settles it on ImageNet."""
    return isinstance(spec, NetworkSpec)
