"""`forward`: what one image's way through a network takes on this machine."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from resnet_core.commands.output import json_option, print_json
from resnet_core.specs.names import spec_of
from resnet_core.system import environment


@click.command()
@click.argument("network")
@click.option("--shortcut", metavar="A|B|C", help="Option for where the size changes.")
@click.option("--stride-in", metavar="1x1|3x3", help="Layer of a bottleneck that halves the map.")
@click.option("--block", metavar="basic|bottleneck", help="Of a CIFAR network.")
@click.option("--image-size", type=int, help="Pixels. [32 or 224]")
@click.option("--classes", type=int, help="To tell apart. [10 or 1000]")
@click.option("--device", default="auto", metavar="auto|cpu|cuda", help="Where. [auto]")
@json_option
def forward(network: str, device: str, as_json: bool, **settings_given: Any) -> None:
    """Send one image through a network, several times: seconds and peak memory.

    \b
        python -m resnet_core forward imagenet/resnet-50
        python -m resnet_core forward cifar/resnet-110 --json
    """
    given = {name: value for name, value in settings_given.items() if value is not None}
    spec = spec_of(network, **given)

    import torch

    from resnet_core.training.cost.forward import forward_cost

    torch.set_num_threads(environment.laboratory_threads())
    found = forward_cost(spec, device)
    if as_json:
        print_json(dataclasses.asdict(found))
        return
    click.echo(
        f"{spec.name}: {found.seconds * 1000:.3g} ms an image and "
        f"{found.peak_bytes / 1e6:.0f} MB at the peak, weights included, on {found.hardware} "
        f"({found.threads} {'thread' if found.threads == 1 else 'threads'}, median of "
        f"{found.passes})"
    )
