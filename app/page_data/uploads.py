"""Uploaded archives, stored in the data folder once they have been checked."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

from app.roles import visitor
from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.errors import DataError
from resnet_core.system import atomic_folder, home

MEGABYTES = 500
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".npz")
_MOST_CHARACTERS = 60


def store(name: str, content: bytes) -> Path:
    """Check an uploaded archive, store it and return its path; the same one is stored once.

    Args:
        name: as the browser says; only harmless characters of it are used.

    Raises:
        DataError: it is too large or not an archive, or what is wrong with what is in it.
            Nothing of it is stored then.
    """
    visitor.check_machine()
    if len(content) > MEGABYTES * 1_000_000:
        size = f"{len(content) / 1e6:.0f}"
        raise DataError("data.upload.megabytes", size=size, most=MEGABYTES)
    path = home.data_folder() / file_name(name, content)
    if not path.exists():
        _store_if_readable(path, content, name)
    return path


def file_name(name: str, content: bytes) -> str:
    """Return a name that is safe on every system and tells different contents apart.

    Raises:
        DataError: the file is not an archive by its name.
    """
    plain = name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
    suffix = max((s for s in SUFFIXES if plain.lower().endswith(s)), key=len, default=None)
    if suffix is None:
        raise DataError("data.upload.kind", kinds=[suffix[1:] for suffix in SUFFIXES])
    stem = re.sub(r"[^A-Za-z0-9]+", "-", plain[: -len(suffix)]).strip("-")[:_MOST_CHARACTERS]
    digest = hashlib.sha256(content).hexdigest()[:8]
    return f"{stem or 'upload'}-{digest}{suffix}"


def _store_if_readable(path: Path, content: bytes, name: str) -> None:
    """Move an archive into the data folder only once it has been checked."""
    try:
        with atomic_folder.staged(path.parent, lambda: f".upload-{secrets.token_hex(4)}") as place:
            trial = place / path.name
            trial.write_bytes(content)
            catalog.facts(Selection(str(trial)))
            trial.replace(path)
    except DataError as error:
        # The place where it was tried is gone when the sentence is read.
        raise DataError.of(error.message.replaced(str(trial), name)) from error
    except OSError as error:
        raise DataError("data.upload.unwritten", reason=error, folder=path.parent) from error
