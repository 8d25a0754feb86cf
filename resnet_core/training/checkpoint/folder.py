"""The folder of a run's checkpoints: finding them and verifying their files. No torch.

A checkpoint is a folder `iteration-00001234`, with `-kept` at the end where it stays for forks.
It holds `model.safetensors`, `training.pt` and `manifest.json`, which has the SHA-256 of the
other two. It is written under another name, synced and renamed, so a folder of that name is
whole; the checksums find what a disk damages later.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from resnet_core.errors import CheckpointError
from resnet_core.system.disk import file_checksum

WEIGHTS, TRAINING, MANIFEST = "model.safetensors", "training.pt", "manifest.json"
FILES = (WEIGHTS, TRAINING)
FORMAT = 1

_log = logging.getLogger(__name__)
_KEPT = "-kept"
_NAME = re.compile(rf"iteration-(\d{{8}})({_KEPT})?")


@dataclass(frozen=True)
class VerifiedCheckpoint:
    """A checkpoint whose files are what its manifest says.

    Attributes:
        sha256: of each verified file.
    """

    path: Path
    iteration: int
    sha256: Mapping[str, str]


def newest_checkpoint(folder: Path, files: Sequence[str] = FILES) -> VerifiedCheckpoint | None:
    """Return the newest checkpoint whose files match its manifest; the log names damaged ones.

    Args:
        folder: need not exist.
        files: those that are needed.
    """
    for path in reversed(checkpoint_paths(folder)):
        try:
            return verify_checkpoint(path, files)
        except CheckpointError as error:
            _log.warning("%s The one before it is used.", error)
    return None


def checkpoint_at(folder: Path, iteration: int) -> Path:
    """Return the checkpoint of this iteration.

    Raises:
        CheckpointError: there is none; names the nearest.
    """
    if (path := checkpoint_path(folder, iteration)).is_dir():
        return path
    others = checkpoint_iterations(folder)
    if not others:
        raise CheckpointError("checkpoint.none", iteration=iteration)
    nearest = min(others, key=lambda other: abs(other - iteration))
    raise CheckpointError("checkpoint.nearest", iteration=iteration, nearest=nearest)


def verify_checkpoint(path: Path, files: Sequence[str] = FILES) -> VerifiedCheckpoint:
    """Compare files with the checksums of the manifest.

    Raises:
        CheckpointError: a file is missing or damaged.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        iteration = iteration_of(path)
        sha256 = {name: file_checksum(path / name) for name in files}
        whole = manifest["format"] == FORMAT and manifest["iteration"] == iteration
        whole = whole and all(manifest["sha256"][name] == sha256[name] for name in files)
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        raise CheckpointError("checkpoint.file_missing", path=path, file=missing) from error
    except OSError as error:
        raise CheckpointError("checkpoint.unreadable", path=path, reason=error) from error
    except (ValueError, KeyError, TypeError) as error:  # UnicodeDecodeError is a ValueError
        raise CheckpointError("checkpoint.manifest", path=path, file=MANIFEST) from error
    if not whole:
        raise CheckpointError("checkpoint.checksums", path=path)
    return VerifiedCheckpoint(path, iteration, sha256)


def checkpoint_paths(folder: Path) -> list[Path]:
    """Return the folders that are named as checkpoints, by rising iteration."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def checkpoint_iterations(folder: Path) -> list[int]:
    """Return the iterations of the checkpoints, rising; nothing is verified."""
    return sorted({iteration_of(path) for path in checkpoint_paths(folder)})


def checkpoint_path(folder: Path, iteration: int, kept: bool | None = None) -> Path:
    """Return the path of this iteration's checkpoint, which need not exist.

    Args:
        kept: whether it stays for forks; None: as the one that exists.
    """
    path = folder / f"iteration-{iteration:08d}"
    kept_path = path.with_name(path.name + _KEPT)
    if kept is None:
        kept = kept_path.is_dir()
    return kept_path if kept else path


def iteration_of(path: Path) -> int:
    """Return the iteration in a checkpoint's name.

    Raises:
        CheckpointError: the folder is not a checkpoint's.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise CheckpointError("checkpoint.no_folder", path=path)
    return int(match[1])


def is_kept(path: Path) -> bool:
    """Return whether the checkpoint stays for forks."""
    return path.name.endswith(_KEPT)
