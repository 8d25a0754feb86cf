"""A network's name in the form's two halves: family and depth."""

from __future__ import annotations

from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import FAMILIES
from resnet_core.specs.imagenet import ARCHITECTURES, GOOGLENET_DEPTH, PREFIX
from resnet_core.specs.names import is_imagenet

_CIFAR = "cifar/"
_GOOGLENET = f"{PREFIX}googlenet"
# CIFAR's families go by their bare names, as they always have.
IMAGENET_FAMILIES = tuple(
    dict.fromkeys(f"{PREFIX}{name.partition('-')[0]}" for name in ARCHITECTURES)
)
ALL_FAMILIES = (*FAMILIES, *IMAGENET_FAMILIES)
# The paper's depths for CIFAR; any other can be typed.
DEPTHS = (20, 32, 44, 56, 110, 1202)


def joined(family: str, depth: int | str) -> str:
    """Return the network's name, without a check that it exists."""
    if family == _GOOGLENET:
        return family
    return f"{family}-{depth}" if is_imagenet(family) else f"{_CIFAR}{family}-{depth}"


def split(network: str) -> tuple[str, int]:
    """Return family and depth of a valid network's name."""
    family, _, depth = network.removeprefix(_CIFAR).partition("-")
    return family, int(depth or GOOGLENET_DEPTH)


def depths(family: str) -> tuple[int, ...]:
    """Return the paper's depths of a family."""
    if not is_imagenet(family):
        return DEPTHS
    networks = [f"{PREFIX}{name}" for name in ARCHITECTURES]
    return tuple(split(name)[1] for name in networks if split(name)[0] == family)


def has_twin(network: str) -> bool:
    """Return whether there is a network that differs in nothing but the shortcuts."""
    return not is_imagenet(network) or network.startswith(f"{PREFIX}plain") or _plain_too(network)


def twin_of(network: str) -> str:
    """Return the network that differs in nothing but the shortcuts.

    A residual, pre-activation or highway network's twin is plain; a plain one's is residual.

    Raises:
        InvalidSetting: the paper has no plain counterpart.
    """
    if not has_twin(network):
        raise InvalidSetting("network", "setting.no_plain_twin", network=network)
    family, depth = split(network)
    prefix = PREFIX if is_imagenet(family) else ""
    plain = family.removeprefix(PREFIX) == "plain"
    return joined(f"{prefix}{'resnet' if plain else 'plain'}", depth)


def _plain_too(network: str) -> bool:
    family, depth = split(network)
    return family == f"{PREFIX}resnet" and depth in depths(f"{PREFIX}plain")
