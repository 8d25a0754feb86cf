"""Which changes of settings leave a parent's weights of use to its fork. No torch."""

from __future__ import annotations

from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import is_imagenet

# Another value of these changes the shape of every convolution, or what its channels mean.
_SHAPES = ("width", "block", "layers_per_block")


def check(parent: Experiment, child: Experiment) -> None:
    """Let pass what `fork.carry_over` can carry.

    Raises:
        InvalidSetting: names the setting that has to stay as it is.
    """
    for field in _SHAPES:
        before, after = getattr(parent, field), getattr(child, field)
        if before != after:
            raise InvalidSetting(
                field,
                f"a fork keeps its parent's {field}, {before}: no weights would fit {after}. "
                "Start a new run for that.",
            )
    if is_imagenet(parent.network) != is_imagenet(child.network):
        raise InvalidSetting(
            "network",
            f"{parent.network} and {child.network} are for images of other kinds and sizes. "
            "Start a new run for that.",
        )
    if pre_activated(parent) != pre_activated(child):
        raise InvalidSetting(
            "network",
            f"{parent.network}'s weights mean nothing in {child.network}, whose BN stands on the "
            "other side of each convolution. Start a new run for that.",
        )
    if pre_activated(parent) and parent.batch_norm and not child.batch_norm:
        raise InvalidSetting(
            "batch_norm",
            "a preresnet's BN stands before the nonlinearity, so it cannot become part of a "
            "convolution. Leave it on, or start a new run without it.",
        )


def pre_activated(experiment: Experiment) -> bool:
    return experiment.network_spec().family == "preresnet"
