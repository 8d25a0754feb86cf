"""`export` and `record`: runs in formats that other programs read, and as recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from resnet_core.commands.options import json_option, recordings_option
from resnet_core.commands.output import print_json
from resnet_core.errors import InvalidSetting
from resnet_core.exporting.export import FORMATS
from resnet_core.runs.record import check_id


@click.command()
@click.argument("run_id", metavar="ID")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder that does not exist yet, or is empty.",
)
@click.option(
    "--as",
    "wanted",
    multiple=True,
    type=click.Choice(FORMATS),
    help="Give it again for more, each in a folder of its own.  [tables]",
)
@click.option("--license", metavar="ID", help="Of the weights, for the model card: mit, ...")
@json_option
def export(
    run_id: str, folder: Path, wanted: tuple[Any, ...], license: str | None, as_json: bool
) -> None:
    """Write a run's settings, measurements and weights into a folder.

    \b
    tables        config.json                  every setting
                  metrics.parquet, .csv        one row a measurement
                  layers.parquet, .csv         response std and gradient norm of each 3x3 layer
                  blocks.parquet, .csv         ||F(x)|| / ||x|| of every block
                  model.safetensors            the newest weights, under torchvision's names
    hub           config.json                  what the network is built again from
                  model.safetensors            the newest weights, under torchvision's names
                  preprocessing.safetensors    the mean that is subtracted from an image
                  README.md                    the model card: data, recipe, measured error
    tensorboard   events.out.tfevents...       the curves, for TensorBoard
    onnx          model.onnx                   the network in evaluation mode, and config.json

    The last two need extra packages: requirements-tensorboard.txt, requirements-onnx.txt.
    """
    from resnet_core.exporting.export import export as export_run

    written = export_run(run_id, folder, wanted or ("tables",), license)
    if as_json:
        print_json([str(path) for path in written])
        return
    for path in written:
        click.echo(path)


@click.command()
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True)
@recordings_option
@click.option("--group", default="", help="Their common name, for example one-minute.")
@click.option("--called", default="", help="What their ids begin with. [the group's name]")
@click.option("--weights", is_flag=True, help="With the final weights, for laboratories.")
@click.option(
    "--earlier",
    metavar="N,N,...",
    default="",
    help="Only add weights of these iterations to the recording --called so, which it repeats.",
)
def record(
    run_ids: tuple[str, ...], folder: Path, group: str, called: str, weights: bool, earlier: str
) -> None:
    """Write finished runs as recordings: settings, thinned telemetry and optional weights.

    The app shows them as runs of this project, labelled as recorded.
    """
    from resnet_core.runs import recording

    if earlier:
        paths = recording.record_earlier(run_ids[0], folder / check_id(called), _numbers(earlier))
    else:
        paths = recording.record(run_ids, folder, group, id_prefix=called, weights=weights)
    for path in paths:
        click.echo(path)


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InvalidSetting("earlier", "command.iterations", given=text[:60]) from None
