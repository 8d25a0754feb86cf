"""`import`: weights that were trained elsewhere, put on record beside the runs."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from resnet_core.commands.output import json_option, print_json
from resnet_core.commands.ways import way_as_dict, way_options
from resnet_core.errors import PlaygroundError

if TYPE_CHECKING:
    from resnet_core.weights.importing import ImportedNetwork

STDIN = "-"
_PART = 2**20  # bytes


@click.command("import")
@click.argument("file", metavar="FILE")
@click.option("--data", metavar="NAME|PATH", required=True, help="To test it on and look at it.")
@click.option("--name", default="", help="A name of your own for it.")
@way_options
@click.option(
    "--file-name", default="", help="What FILE is called, where it is - (standard input)."
)
@click.option("--progress", is_flag=True, help="Print a line of JSON for each step of the work.")
@json_option
def import_(
    file: str, data: str, name: str, file_name: str, progress: bool, as_json: bool, **asked: Any
) -> None:
    """Import a network's weights: they open in Compare, Attribution and the laboratories.

    FILE is a safetensors file or a PyTorch state dict, in our names, torchvision's or those of
    the public CIFAR ResNets; nothing in it is run. What the file does not say is asked for; what
    does not fit it is noticed on a sample. Its error is measured on the test images.

    \b
        python -m resnet_core import resnet20.th --data cifar10 --network cifar/resnet-20 \\
            --shortcut A --option-a-padding both --normalization imagenet
    """
    from resnet_core.weights.evaluation import Answers, OpenQuestions
    from resnet_core.weights.importing import import_weights

    image_size = asked.pop("image_size")
    with _source(file) as path:
        try:
            kept = import_weights(
                path,
                data,
                Answers(**asked),
                name=name,
                image_size=image_size,
                file_name=file_name or path.name,
                on_progress=_tell if progress else _quiet,
            )
        except PlaygroundError as error:
            if file == STDIN:  # the place where it waits is gone when the sentence is read
                error.message = error.message.replaced(str(path), file_name or "the file")
            if as_json:
                tried = error.trials if isinstance(error, OpenQuestions) else ()
                print_json({"error": _sentence(error), "open": [_tried(trial) for trial in tried]})
            raise
    _say(kept, as_json)


@contextlib.contextmanager
def _source(file: str) -> Iterator[Path]:
    """Where the file lies; what comes in by standard input lies there for so long only.

    Raises:
        PlaygroundError: it cannot be kept.
    """
    if file != STDIN:
        yield Path(file)
        return
    from resnet_core.runs import imported
    from resnet_core.system import disk

    with imported.staged() as folder:
        path = folder / "upload"
        with disk.full_disk_explained(path), path.open("wb") as kept:
            _receive(kept)
        yield path


def _receive(kept: IO[bytes]) -> None:
    """Standard input, as far as anyone would read it."""
    from resnet_core.weights.recognition import MOST_BYTES

    left = MOST_BYTES + 1
    while left and (part := sys.stdin.buffer.read(min(left, _PART))):
        kept.write(part)
        left -= len(part)


def _tell(done: int, total: int) -> None:
    click.echo(json.dumps({"done": done, "total": total}))


def _quiet(done: int, total: int) -> None:
    pass


def _sentence(error: PlaygroundError) -> str:
    """Without the field's name."""
    return str(error.message)


def _tried(trial: Any) -> dict[str, Any]:
    return {**way_as_dict(trial.interpretation), "error": trial.error, "n": len(trial.wrong)}


def _say(kept: ImportedNetwork, as_json: bool) -> None:
    run, source, found = kept.run, kept.source, kept.evaluated
    if found.warning and not as_json:
        click.echo(f"Note: {found.warning}", err=True)
    if as_json:
        print_json(
            {
                "id": run.id,
                "title": run.title,
                "error": found.error,
                "n": found.n,
                "data": run.data_title,
                "file": source.file,
                "sha256": source.sha256,
                "form": source.form,
                **way_as_dict(found.interpretation),
                "warning": str(found.warning) if found.warning else None,
            }
        )
        return
    click.echo(
        f"{source.file} is imported as {run.id}: {found.interpretation}; on {run.data_title} its "
        f"error is {found.error:.2f} % (n = {found.n})."
    )
