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
@click.option("--called", default="", help="What their ids begin with. [the group's name]")
@click.option("--weights", is_flag=True, help="With the final weights, for laboratories.")
def record(run_ids: tuple[str, ...], folder: Path, group: str, called: str, weights: bool) -> None:
    """Write finished runs as recordings: settings, thinned telemetry and, if asked, weights.

    The app shows them as runs of this project, labelled as recorded.
    """
    from resnet_core.runs.recording import record as record_runs

    for path in record_runs(run_ids, folder, group, called=called, weights=weights):
        click.echo(path)
