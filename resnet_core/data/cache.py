"""Arrays that can be made again, stored in the cache folder as .npz files."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_core.system import disk

Arrays = dict[str, NDArray]

_log = logging.getLogger(__name__)


def read_or_make(path: Path, make: Callable[[], Arrays], names: Collection[str] = ()) -> Arrays:
    """Return the arrays in the file, or make and store them where one of `names` is missing."""
    arrays = read(path)
    if arrays is None or any(name not in arrays for name in names):
        arrays = make()
        write(path, arrays)
    return arrays


def read(path: Path, names: Collection[str] | None = None) -> Arrays | None:
    """Return the arrays of these names, or all, or None where the file is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in (file.files if names is None else names)}
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
    try:
        with disk.whole_file(path) as file:
            np.savez(file, **dict(arrays))  # type: ignore[arg-type]  # names are ours
    except OSError as error:
        _log.warning("%s could not be cached (%s).", path, error)
