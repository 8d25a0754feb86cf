"""Checkpoints: what a run needs to go on as if it had never been interrupted.

A checkpoint is a folder `iteration-00001234` (see `runs.folder`) with `model.safetensors`,
`training.pt` and `manifest.json`, which holds the SHA-256 of the other two. It is written
under another name, synced and renamed, so a folder of that name is whole; what a disk
damages later, the checksums find.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import pickle
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from resnet_core.errors import CheckpointError
from resnet_core.system.disk import full_disk_explained, replace, sync_folder, write_synced

WEIGHTS, TRAINING, MANIFEST = "model.safetensors", "training.pt", "manifest.json"

_log = logging.getLogger(__name__)
_NAME = re.compile(r"iteration-(\d{8})(-kept)?")
_FORMAT = 1
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Checkpoint:
    """A run at one iteration.

    Attributes:
        iteration: updates made.
        weights: every tensor of the network's state dict, BN's statistics among them, on the CPU.
        training: momentum, data order, random states, schedule, sums, seconds: plain values
            and tensors, so that reading them executes nothing.
    """

    iteration: int
    weights: dict[str, Tensor]
    training: dict[str, Any]


def save(folder: Path, checkpoint: Checkpoint, kept: bool = False) -> Path:
    """Write a checkpoint into the run's checkpoint folder, all or nothing; return its path.

    The one before it stays, earlier ones go unless they were `kept`. Ones of later
    iterations go too: a run that is at an earlier iteration could not use them.

    Raises:
        PlaygroundError: the disk is full; the checkpoints there are as they were.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _clear(folder)
    same = [path for path in _all(folder) if _iteration(path) == checkpoint.iteration]
    kept = kept or any(path.name.endswith("-kept") for path in same)
    target = folder / f"iteration-{checkpoint.iteration:08d}{'-kept' if kept else ''}"
    unfinished = folder / f"{_UNFINISHED}{os.getpid()}"
    try:
        with full_disk_explained(folder):
            unfinished.mkdir()
            written = _write(unfinished, checkpoint)
            _give_name(unfinished, target, same, written)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    _prune(folder, checkpoint.iteration)
    return target


def load(path: Path) -> Checkpoint:
    """Read a checkpoint and verify it against its checksums.

    Raises:
        CheckpointError: a file is missing or damaged.
    """
    content = _verified(path)
    try:
        weights = safetensors.torch.load(content[WEIGHTS])
        training = torch.load(io.BytesIO(content[TRAINING]), map_location="cpu", weights_only=True)
    except (safetensors.SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise CheckpointError("checkpoint.unreadable", path=path, reason=error) from error
    return Checkpoint(_iteration(path), weights, training)


def newest(folder: Path) -> Path | None:
    """The latest checkpoint that verifies; damaged ones are passed over, which the log says."""
    for path in reversed(_all(folder)):
        try:
            _verified(path)
        except CheckpointError as error:
            _log.warning("%s The one before it is used.", error)
        else:
            return path
    return None


def at(folder: Path, iteration: int) -> Path:
    """The checkpoint of this iteration.

    Raises:
        CheckpointError: there is none; names the nearest.
    """
    found = {_iteration(path): path for path in _all(folder)}
    if iteration in found:
        return found[iteration]
    if not found:
        raise CheckpointError("checkpoint.none", iteration=iteration)
    nearest = min(found, key=lambda other: abs(other - iteration))
    raise CheckpointError("checkpoint.nearest", iteration=iteration, nearest=nearest)


def weights_sha256(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes of the tensors, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _write(folder: Path, checkpoint: Checkpoint) -> dict[str, bytes]:
    training = io.BytesIO()
    torch.save(checkpoint.training, training)
    weights = {name: tensor.contiguous() for name, tensor in checkpoint.weights.items()}
    content = {WEIGHTS: safetensors.torch.save(weights), TRAINING: training.getvalue()}
    for name, data in content.items():
        write_synced(folder / name, data)
    manifest = {
        "format": _FORMAT,
        "iteration": checkpoint.iteration,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in content.items()},
    }
    write_synced(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
    sync_folder(folder)
    return content


def _give_name(unfinished: Path, target: Path, same: list[Path], written: dict[str, bytes]) -> None:
    """Rename into place, where a checkpoint of the same iteration may lie.

    A sound one with the same weights stays: to put another in its place, it would have to
    go first, and for a moment there would be neither.
    """
    for path in same:
        if path.name in {target.name, target.name.removesuffix("-kept")} and _same(path, written):
            if path != target:
                replace(path, target)
            return
        _discard(path)
    replace(unfinished, target)


def _same(path: Path, written: dict[str, bytes]) -> bool:
    try:
        return _verified(path)[WEIGHTS] == written[WEIGHTS]
    except CheckpointError:
        return False


def _verified(path: Path) -> dict[str, bytes]:
    """The contents of the two files, which are what the manifest says."""
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        expected = manifest["sha256"]
        content = {name: (path / name).read_bytes() for name in (WEIGHTS, TRAINING)}
        whole = manifest["format"] == _FORMAT and manifest["iteration"] == _iteration(path)
        for name, data in content.items():
            whole = whole and expected[name] == hashlib.sha256(data).hexdigest()
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        raise CheckpointError("checkpoint.file_missing", path=path, file=missing) from error
    except OSError as error:
        raise CheckpointError("checkpoint.unreadable", path=path, reason=error) from error
    except (ValueError, KeyError, TypeError) as error:  # UnicodeDecodeError is a ValueError
        raise CheckpointError("checkpoint.manifest", path=path, file=MANIFEST) from error
    if not whole:
        raise CheckpointError("checkpoint.checksums", path=path)
    return content


def _all(folder: Path) -> list[Path]:
    """The folders named as checkpoints, by rising iteration."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def _iteration(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise CheckpointError("checkpoint.no_folder", path=path)
    return int(match[1])


def _prune(folder: Path, newest_iteration: int) -> None:
    passing = [path for path in _all(folder) if not path.name.endswith("-kept")]
    earlier = [path for path in passing if _iteration(path) < newest_iteration]
    later = [path for path in passing if _iteration(path) > newest_iteration]
    for path in (*earlier[:-1], *later):
        _discard(path)


def _discard(path: Path) -> None:
    """Take a checkpoint's name away first: half a folder must not look like a whole one."""
    nameless = path.with_name(f"{_UNFINISHED}{path.name}")
    path.rename(nameless)
    shutil.rmtree(nameless, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Remove what a killed process left. A run has one writer, so nobody is at work on it."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(path, ignore_errors=True)
