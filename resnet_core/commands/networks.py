"""`describe` and `forward`: a network's layers, and the cost of an image's pass through it."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from resnet_core.anatomy.describe import describe as anatomy_of
from resnet_core.anatomy.facts import Anatomy, StageFacts
from resnet_core.anatomy.receptive_field import receptive_fields
from resnet_core.commands.options import (
    NETWORK_FIELDS,
    experiment_options,
    json_option,
    spec_from,
)
from resnet_core.commands.output import plural, print_json, print_result, print_table
from resnet_core.specs.names import spec_of
from resnet_core.system import environment


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
    anatomy = anatomy_of(spec)
    if as_json:
        print_json(_as_dict(anatomy))
        return
    rows = [
        (stage.name, "x".join(map(str, stage.out_shape)), *_cost(stage)) for stage in anatomy.stages
    ]
    total = ("all", "", *_cost(anatomy))
    headings = ("stage", "output", "weighted layers#", "parameters#", "multiply-adds#")
    print_table(headings, [*rows, total], title=spec.name)
    if anatomy.blocks:
        click.echo(f"\nA block: {anatomy.blocks[0].equation}")
    if anatomy.unmeasured:
        click.echo(anatomy.unmeasured)


@click.command()
@click.argument("network")
@click.option("--shortcut", metavar="A|B|C", help="Option for where the size changes.")
@click.option("--stride-in", metavar="1x1|3x3", help="Layer of a bottleneck that halves the map.")
@click.option("--block", metavar="basic|bottleneck", help="Of a CIFAR network.")
@click.option("--image-size", type=int, help="Pixels. [32 or 224]")
@click.option("--classes", type=int, help="To tell apart. [10 or 1000]")
@click.option("--device", default="auto", metavar="auto|cpu|cuda", help="Where. [auto]")
@json_option
def forward(network: str, device: str, as_json: bool, **options: Any) -> None:
    """Send one image through a network, several times: seconds and peak memory.

    \b
        python -m resnet_core forward imagenet/resnet-50
        python -m resnet_core forward cifar/resnet-110 --json
    """
    settings = {name: value for name, value in options.items() if value is not None}
    spec = spec_of(network, **settings)

    import torch

    from resnet_core.training.cost.forward import forward_cost

    torch.set_num_threads(environment.read().laboratory_threads)
    cost = forward_cost(spec, device)
    print_result(
        dataclasses.asdict(cost),
        f"{spec.name}: {cost.seconds * 1000:.3g} ms an image and "
        f"{cost.peak_bytes / 1e6:.0f} MB at the peak, weights included, on {cost.hardware} "
        f"({plural(cost.threads, 'thread')}, median of {cost.passes})",
        as_json,
    )


def _cost(part: StageFacts | Anatomy) -> tuple[str, str, str]:
    return str(part.weighted_layers), f"{part.parameters:,}", f"{part.multiply_adds:,}"


def _as_dict(anatomy: Anatomy) -> dict[str, Any]:
    fields = receptive_fields(anatomy)
    return {
        "network": anatomy.spec.name,
        "parameters": anatomy.parameters,
        "multiply_adds": anatomy.multiply_adds,
        "weighted_layers": anatomy.weighted_layers,
        "blocks": len(anatomy.blocks),
        "spec": dataclasses.asdict(anatomy.spec),
        "stages": [dataclasses.asdict(stage) for stage in anatomy.stages],
        "layers": [
            {
                **dataclasses.asdict(layer),
                "parameters": layer.parameters,
                "multiply_adds": layer.multiply_adds,
                "receptive_field": fields[layer.name].size,
            }
            for layer in anatomy.layers
        ],
    }
