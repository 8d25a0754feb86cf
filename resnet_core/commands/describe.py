"""`describe`: a network's layers, parameters and cost, without building it."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from resnet_core import anatomy
from resnet_core.commands.experiment_options import NETWORK_FIELDS, experiment_options, given
from resnet_core.commands.output import json_option, print_json, print_table
from resnet_core.experiment import Experiment


@click.command()
@click.argument("network")
@experiment_options(NETWORK_FIELDS)
@click.option("--channels", type=click.IntRange(1, 64), default=3, help="Of the images. [3]")
@click.option("--classes", type=click.IntRange(2, 10_000), default=10, help="To tell apart. [10]")
@json_option
def describe(network: str, channels: int, classes: int, as_json: bool, **options: Any) -> None:
    """Show a network's layers, parameters and multiply-adds.

    NETWORK is cifar/FAMILY-DEPTH, with plain, resnet, highway or preresnet and 6n + 2 layers:

    \b
        python -m resnet_core describe cifar/resnet-56
        python -m resnet_core describe cifar/plain-20 --width 8 --image-size 16 --json
    """
    experiment = Experiment.create(network=network, **given(options))
    spec = experiment.network_spec(channels=channels, classes=classes)
    found = anatomy.describe(spec)
    if as_json:
        print_json(_as_dict(found))
        return
    rows = [
        (
            stage.name,
            "x".join(map(str, stage.out_shape)),
            str(stage.weighted_layers),
            f"{stage.parameters:,}",
            f"{stage.multiply_adds:,}",
        )
        for stage in found.stages
    ]
    total = (
        "all",
        "",
        str(found.weighted_layers),
        f"{found.parameters:,}",
        f"{found.multiply_adds:,}",
    )
    headings = ("stage", "output", "weighted layers#", "parameters#", "multiply-adds#")
    print_table(headings, [*rows, total], title=spec.name)
    if found.blocks:
        click.echo(f"\nA block: {found.blocks[0].equation}")


def _as_dict(found: anatomy.Anatomy) -> dict[str, Any]:
    return {
        "network": found.spec.name,
        "parameters": found.parameters,
        "multiply_adds": found.multiply_adds,
        "weighted_layers": found.weighted_layers,
        "blocks": len(found.blocks),
        "spec": dataclasses.asdict(found.spec),
        "layers": [
            {
                **dataclasses.asdict(layer),
                "parameters": layer.parameters,
                "multiply_adds": layer.multiply_adds,
            }
            for layer in found.layers
        ],
    }
