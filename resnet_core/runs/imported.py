"""Weights that were trained elsewhere: their description beside the run's record, and the
folder in which an import is put together until it is whole. No torch.

Their experiment has only what the file and its owner could give: the network, the data that
they are looked at with, the image size. Their measured error is the record's `test_error`.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from resnet_core.errors import PlaygroundError, RunNotFound
from resnet_core.runs import queries, store
from resnet_core.runs.folder import RunFolder, explained
from resnet_core.runs.record import RunRecord, check_id, new_id
from resnet_core.system import atomic_folder, disk, home


@dataclass(frozen=True)
class Imported:
    """The origin of the weights, and the preparation of their images.

    Attributes:
        file: its name, without the folder it was in.
        sha256: of that file.
        form: safetensors or pytorch, by its content.
        normalization: how the network's images were prepared: imagenet, cifar or per-pixel,
            see `weights.normalization`.
        mean_of: the images of a per-pixel mean; "" where the mean is of each colour.
        classes: the network's outputs; the data it is looked at with may have fewer.
        images: n of the measured error.
        warning: how the file and the data disagree, as `Message.dumps` writes it, or a plain
            sentence of an earlier version; else "".
    """

    file: str
    sha256: str
    form: str
    normalization: str
    mean_of: str
    classes: int
    images: int
    warning: str = ""


def write(folder: Path, source: Imported) -> None:
    """Write the description into a run's folder.

    Raises:
        OSError: the folder cannot be written to.
    """
    text = json.dumps(dataclasses.asdict(source), indent=2, ensure_ascii=False)
    disk.write_synced(RunFolder(folder).imported, text.encode())


def of(run: RunRecord) -> Imported | None:
    """Return the description; None for a run that was trained here.

    Raises:
        PlaygroundError: its file is gone or damaged.
    """
    if not run.imported:
        return None
    path = queries.folder(run).imported
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except (OSError, ValueError, TypeError) as error:
        raise PlaygroundError("runs.no_import_file", title=run.title, file=path.name) from error


@lru_cache(maxsize=1024)
def _read(path: Path, modified: int, size: int) -> Imported:
    """Read once for each state of the file: a list asks for every row, every second."""
    source = Imported(**json.loads(path.read_text(encoding="utf-8")))
    for field in dataclasses.fields(source):
        kind = int if field.name in {"classes", "images"} else str
        if type(getattr(source, field.name)) is not kind:
            raise TypeError(f"{field.name} is not a {kind.__name__}")
    return source


@contextmanager
def staged() -> Iterator[Path]:
    """Yield a new folder named by a new run's id, on the runs' own disk; it is removed afterwards,
    unless it has become the run's.

    What a killed process has left behind is removed by the next one that calls this or `sweep`.

    Raises:
        PlaygroundError: it cannot be made.
    """
    sweep()
    parent = home.imports_folder()
    with explained(parent), atomic_folder.staged(parent, new_id) as folder:
        yield folder


def sweep() -> None:
    """Remove what processes that have ended left half-done."""
    for place in atomic_folder.deserted(home.imports_folder(), "*"):
        shutil.rmtree(place, ignore_errors=True)
        _remove_unrecorded(place.name)


def _remove_unrecorded(run_id: str) -> None:
    """Remove a run's folder that is not in the index: its process died in between."""
    try:
        store.of_home().get(check_id(run_id))
    except RunNotFound:
        with suppress(RunNotFound):
            shutil.rmtree(home.runs_folder() / check_id(run_id), ignore_errors=True)
