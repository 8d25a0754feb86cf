"""What an experiment's settings make of its network, and which of them its network lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import NetworkSpec, parse_name
from resnet_core.specs.imagenet import ImageNetSpec, parse_imagenet_name
from resnet_core.specs.names import Spec, is_imagenet

if TYPE_CHECKING:
    from resnet_core.experiments.experiment import Experiment

# Images where the data are not known yet: height and width (pixels), channels, classes.
_CIFAR, _IMAGENET = (32, 3, 10), (224, 3, 1000)
# Settings of CIFAR's networks (section 4.2) that Table 1's do not have. Their crops come out of
# pictures of many sizes (section 3.4), so no picture is padded.
_OF_CIFAR = ("block", "layers_per_block", "width", "batch_norm", "crop_padding")
_OF_BLOCKS = ("shortcut", "option_a_padding", "activation")


def spec(
    experiment: Experiment,
    image_size: int | None = None,
    channels: int | None = None,
    classes: int | None = None,
) -> Spec:
    """The experiment's network for images of this size (pixels), channels and classes.

    Args:
        image_size: the data's own; the experiment's goes before it. Pictures for ImageNet's
            networks have all sizes, and what a network is given is a crop of 224 pixels where
            the experiment does not say otherwise.

    Raises:
        InvalidSetting: there is no such network.
    """
    e = experiment
    usual = _IMAGENET if is_imagenet(e.network) else _CIFAR
    channels, classes = channels or usual[1], classes or usual[2]
    if is_imagenet(e.network):
        return ImageNetSpec(
            parse_imagenet_name(e.network),
            shortcut=e.shortcut,
            option_a_padding=e.option_a_padding,
            stride_in=e.stride_in,
            activation=e.activation,
            initialization=e.initialization,
            image_size=e.image_size or usual[0],
            channels=channels,
            classes=classes,
        )
    layers = _block_layers(e)
    family, depth = parse_name(e.network, layers)
    return NetworkSpec(
        family=family,
        depth=depth,
        shortcut=e.shortcut,
        option_a_padding=e.option_a_padding,
        block=e.block,
        layers_per_block=layers,
        width=e.width,
        activation=e.activation,
        batch_norm=e.batch_norm,
        initialization=e.initialization,
        image_size=e.image_size or image_size or usual[0],
        channels=channels,
        classes=classes,
    )


def check(experiment: Experiment) -> None:
    """Accept a network that exists, with settings that it has.

    A setting that it lacks may keep its default. Plain networks take any shortcut, so that
    their settings can be those of their residual twins.

    Raises:
        InvalidSetting: names the setting.
    """
    if not is_imagenet(experiment.network):
        parse_name(experiment.network, _block_layers(experiment))
        _refuse(experiment, "stride_in")
        return
    found = spec(experiment)
    assert isinstance(found, ImageNetSpec)
    for field in lacking(found.family):
        _refuse(experiment, field)
    if found.block != "bottleneck" or found.is_reference:
        _refuse(experiment, "stride_in", "setting.no_bottlenecks")


def lacking(imagenet_family: str) -> tuple[str, ...]:
    """The settings that no network of this family for ImageNet has."""
    references = imagenet_family in {"vgg", "googlenet"}
    return (*_OF_CIFAR, *_OF_BLOCKS, "stride_in") if references else _OF_CIFAR


def _refuse(
    experiment: Experiment, field: str, key: str = "setting.not_of_network_default"
) -> None:
    default = type(experiment).model_fields[field].default
    if getattr(experiment, field) != default:
        text = str(default).lower() if isinstance(default, bool) else default
        raise InvalidSetting(field, key, network=experiment.network, default=text)


def _block_layers(experiment: Experiment) -> int:
    return 3 if experiment.block == "bottleneck" else experiment.layers_per_block
