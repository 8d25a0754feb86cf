"""What is on record of weights that were trained elsewhere, beside the run's own record.

Their experiment says only what the file and its owner could say: the network, the data that
they are looked at with, the image size. Their measured error is the record's `test_error`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from resnet_core.errors import PlaygroundError
from resnet_core.runs import queries
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.record import RunRecord
from resnet_core.system import disk


@dataclass(frozen=True)
class Imported:
    """Where the weights are from, and how their images are prepared.

    Attributes:
        file: its name, without the folder it was in.
        sha256: of that file.
        form: safetensors or pytorch, by its content.
        normalization: how the network's images were prepared: imagenet, cifar or per-pixel,
            see `weights.normalization`.
        mean_of: what a per-pixel mean is of; "" where the mean is of each colour.
        classes: the network's outputs; the data it is looked at with may have fewer.
        images: n of the measured error.
        warning: what was noticed of the file beside the data, as `Message.dumps` writes it, or
            a plain sentence of an earlier version; else "".
    """

    file: str
    sha256: str
    form: str
    normalization: str
    mean_of: str
    classes: int
    images: int
    warning: str = ""


def write(folder: Path, found: Imported) -> None:
    """Write it into a run's folder.

    Raises:
        OSError: the folder cannot be written to.
    """
    text = json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False)
    disk.write_synced(RunFolder(folder).imported, text.encode())


def of(run: RunRecord) -> Imported | None:
    """What is on record; None for a run that was trained here.

    Raises:
        PlaygroundError: the file that says it is gone or damaged.
    """
    if not run.imported:
        return None
    path = queries.folder(run).imported
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except (OSError, ValueError, TypeError) as error:
        raise PlaygroundError(
            f"{run.title} has no readable {path.name}, which says how its images are prepared; "
            f"delete the run and import its file again."
        ) from error


@lru_cache(maxsize=1024)
def _read(path: Path, modified: int, size: int) -> Imported:
    """Read once for each state of the file: a list asks for every row, every second."""
    return Imported(**json.loads(path.read_text(encoding="utf-8")))
