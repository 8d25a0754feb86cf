"""`describe`: a network's layers, parameters and cost, without building it."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from resnet_core.anatomy.describe import describe as anatomy_of
from resnet_core.anatomy.facts import Anatomy
from resnet_core.anatomy.receptive_field import receptive_fields
from resnet_core.commands.experiment_options import NETWORK_FIELDS, experiment_options
from resnet_core.commands.networks import spec_from
from resnet_core.commands.output import json_option, print_json, print_table


@click.command()
@click.argument("network")
@experiment_options(NETWORK_FIELDS)
@click.option("--channels", type=click.IntRange(1, 64), help="Of the images. [3]")
@click.option(
    "--classes", type=click.IntRange(2, 100_000), help="To tell apart. [10; ImageNet: 1000]"
)
@json_option
def describe(
    network: str, channels: int | None, classes: int | None, as_json: bool, **options: Any
) -> None:
    """Show a network's layers, parameters and multiply-adds.

    NETWORK is cifar/FAMILY-DEPTH, with plain, resnet, highway or preresnet and 6n + 2 layers,
    or imagenet/ and plain-18, plain-34, resnet-18, -34, -50, -101, -152, vgg-16, vgg-19 or
    googlenet. Options describe CIFAR's networks unless they say otherwise; ImageNet's have
    option B and 224 pixels where nothing else is asked for.

    \b
        python -m resnet_core describe cifar/resnet-56
        python -m resnet_core describe cifar/plain-20 --width 8 --image-size 16 --json
        python -m resnet_core describe imagenet/resnet-50 --stride-in 3x3
    """
    spec = spec_from(network, options, channels=channels, classes=classes)
    found = anatomy_of(spec)
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
    if found.unmeasured:
        click.echo(found.unmeasured)


def _as_dict(found: Anatomy) -> dict[str, Any]:
    fields = receptive_fields(found)
    return {
        "network": found.spec.name,
        "parameters": found.parameters,
        "multiply_adds": found.multiply_adds,
        "weighted_layers": found.weighted_layers,
        "blocks": len(found.blocks),
        "spec": dataclasses.asdict(found.spec),
        "stages": [dataclasses.asdict(stage) for stage in found.stages],
        "layers": [
            {
                **dataclasses.asdict(layer),
                "parameters": layer.parameters,
                "multiply_adds": layer.multiply_adds,
                "receptive_field": fields[layer.name].size,
            }
            for layer in found.layers
        ],
    }
