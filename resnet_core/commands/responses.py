"""`responses`: the response std of every layer of a trained network, as numbers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resnet_core.commands.options import json_option
from resnet_core.commands.output import print_json, print_table

if TYPE_CHECKING:  # torch is not needed to list the commands
    from resnet_core.telemetry.response_table import LayerResponse

IMAGES = 1000


@click.command()
@click.argument("run")
@click.option(
    "--images",
    type=click.IntRange(2, 50_000),
    default=IMAGES,
    show_default=True,
    help="Training images that the responses are of.",
)
@click.option(
    "--csv",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the table to this file.",
)
@json_option
def responses(run: str, images: int, file: Path | None, as_json: bool) -> None:
    """Measure the response standard deviations of RUN's 3x3 layers, in order (Fig. 7).

    \b
        python -m resnet_core responses paper-8000-resnet-56-seed-0 --csv responses.csv

    The responses are taken after BN and before the nonlinearity or the addition, of training images
    without augmentation: in training mode, where BN uses the statistics of each mini-batch, and in
    evaluation mode, where it uses the running ones.
    """
    from resnet_core.telemetry.response_table import write

    table, count = measured(run, images)
    if file is not None:
        write(file, table, count)
    if as_json:
        print_json([asdict(one) for one in table])
    else:
        rows = [(one.layer, f"{one.training:.4f}", f"{one.evaluation:.4f}") for one in table]
        print_table(("layer", "training mode#", "evaluation mode#"), rows)


def measured(run_id: str, images: int = IMAGES) -> tuple[tuple[LayerResponse, ...], int]:
    """Return the table of a run or a recording, and the number of images that it is of.

    Raises:
        PlaygroundError: there is no such run, it has no weights, or its images are not here.
    """
    from resnet_core.labs.tools.trained_network import load
    from resnet_core.telemetry.response_table import response_table

    network = load(run_id)
    inputs, _ = network.train_images(images)
    batches = inputs.split(min(network.experiment.batch_size, len(inputs)))
    return response_table(network.model(), batches), len(inputs)
