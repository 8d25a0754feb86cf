"""`record`: make recordings that ship with the project."""

from __future__ import annotations

from pathlib import Path

import click

from resnet_core.runs.queries import RECORDED


@click.command()
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--to",
    "folder",
    default=RECORDED,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of recordings. [assets/recorded]",
)
@click.option("--group", default="", help="Their common name, for example one-minute.")
def record(run_ids: tuple[str, ...], folder: Path, group: str) -> None:
    """Write finished runs as recordings: thinned telemetry, no weights.

    The app shows them as runs of this project, labelled as recorded.
    """
    from resnet_core.runs.recording import record as record_runs

    for path in record_runs(run_ids, folder, group):
        click.echo(path)
