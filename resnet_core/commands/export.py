"""`export`: a run's files in formats that other programs read."""

from __future__ import annotations

from pathlib import Path

import click

from resnet_core.commands.output import json_option, print_json


@click.command()
@click.argument("run_id", metavar="ID")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder that does not exist yet, or is empty.",
)
@json_option
def export(run_id: str, folder: Path, as_json: bool) -> None:
    """Write a run's settings, measurements and weights into a folder.

    \b
    config.json                   every setting
    metrics.parquet, .csv         one row a measurement
    layers.parquet, .csv          response std and gradient norm of every 3x3 layer
    blocks.parquet, .csv          ||F(x)|| / ||x|| of every block
    model.safetensors             the newest weights, under torchvision's names
    """
    from resnet_core.runs.export import export as export_run

    written = export_run(run_id, folder)
    if as_json:
        print_json([str(path) for path in written])
        return
    for path in written:
        click.echo(path)
