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
            raise InvalidSetting(field, "fork.shape", field=field, before=before, after=after)
    if is_imagenet(parent.network) != is_imagenet(child.network):
        raise InvalidSetting(
            "network", "fork.other_images", parent=parent.network, child=child.network
        )
    if pre_activated(parent) != pre_activated(child):
        raise InvalidSetting("network", "fork.order", parent=parent.network, child=child.network)
    if pre_activated(parent) and parent.batch_norm and not child.batch_norm:
        raise InvalidSetting("batch_norm", "fork.batch_norm")


def pre_activated(experiment: Experiment) -> bool:
    return experiment.network_spec().family == "preresnet"
