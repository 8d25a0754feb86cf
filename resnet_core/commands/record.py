"""`record`: make recordings that ship with the project."""

from __future__ import annotations

from pathlib import Path

import click

from resnet_core.errors import InvalidSetting
from resnet_core.runs.queries import RECORDED
from resnet_core.runs.record import check_id


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
@click.option(
    "--earlier",
    metavar="N,N,...",
    default="",
    help="Only add weights of these iterations to the recording --called so, which it repeats.",
)
def record(
    run_ids: tuple[str, ...], folder: Path, group: str, called: str, weights: bool, earlier: str
) -> None:
    """Write finished runs as recordings: settings, thinned telemetry and, if asked, weights.

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
