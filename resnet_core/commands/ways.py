"""The options that say of a file of weights what it does not say itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]

_OPTIONS = (
    click.option("--network", metavar="NAME", help="FILE's, if its shapes leave it open."),
    click.option("--shortcut", metavar="A|B|C", help="FILE's, if its shapes leave it open."),
    click.option(
        "--option-a-padding", metavar="both|end", help="Where option A's zeros go in FILE."
    ),
    click.option(
        "--stride-in", metavar="1x1|3x3", help="Which layer of FILE's bottlenecks halves."
    ),
    click.option(
        "--normalization", metavar="imagenet|cifar|per-pixel", help="FILE's preparation of images."
    ),
    click.option("--activation", metavar="NAME", help="FILE's nonlinearity. [relu]"),
    click.option("--image-size", type=int, metavar="N", help="Pixels to resize to. [as they are]"),
)


def way_options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def way_as_dict(way: Any) -> dict[str, Any]:
    """A network and the preparation of its images; null where the network has no such thing."""
    spec, shortcuts = way.spec, way.spec.has_shortcuts
    padded = shortcuts and spec.shortcut == "A"
    return {
        "network": spec.name,
        "shortcut": spec.shortcut if shortcuts else None,
        "option_a_padding": spec.option_a_padding if padded else None,
        "stride_in": spec.stride_in if spec.block == "bottleneck" else None,
        "normalization": way.normalization,
    }
