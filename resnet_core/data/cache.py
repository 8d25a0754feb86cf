"""Arrays that can be made again, kept in the cache folder as .npz files."""

from __future__ import annotations

import logging
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray]

_log = logging.getLogger(__name__)


def read(path: Path) -> Arrays | None:
    """The arrays in the file, or None where it is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        _log.warning("The cached file %s is damaged (%s); it is made again.", path, error)
        return None


def write(path: Path, arrays: Mapping[str, NDArray]) -> None:
    """Store the arrays so that a reader sees the whole file or none.

    A cache that cannot be written (full disk) costs time later, not correctness now: it
    is logged and no more.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **dict(arrays))  # type: ignore[arg-type]  # names are ours
        temporary.replace(path)
    except OSError as error:
        _log.warning("%s could not be cached (%s).", path, error)
        if temporary is not None:
            temporary.unlink(missing_ok=True)
