"""A network's description from the command line's options."""

from __future__ import annotations

from typing import Any

from resnet_core.commands.experiment_options import given
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import Spec, is_imagenet, spec_of


def spec_from(network: str, options: dict[str, Any], **sizes: int | None) -> Spec:
    """The network that is meant.

    Args:
        options: as `experiment_options` give them; text, None where not given.
        sizes: `channels` and `classes`; None: the usual of this network.

    Raises:
        InvalidSetting: names the option and the nearest good value.
    """
    known = {name: size for name, size in sizes.items() if size is not None}
    if not is_imagenet(network):
        return Experiment.create(network=network, **given(options)).network_spec(**known)
    settings = given(options)
    if settings.get("image_size") is not None:
        settings["image_size"] = _pixels(settings["image_size"])
    return spec_of(network, **settings, **known)


def _pixels(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidSetting(
            "image_size", "setting.no_whole_number", given=text[:40], good=224
        ) from None
