"""Files that people take for weights: what one is by its first bytes, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from resnet_core.errors import CheckpointError

_BEGINNINGS = (
    (b"version https://", "lfs"),
    (b"<!doctype", "page"),
    (b"<html", "page"),
    (b"<?xml", "page"),
    (b"\x89hdf\r\n\x1a\n", "keras"),
    (b"\x1f\x8b", "packed"),
    (b"\xfd7zxz", "packed"),
    (b"bzh", "packed"),
    (b"rar!", "packed"),
    (b"7z\xbc\xaf", "packed"),
    (b"\x04\0\0\0\x01\0\0\0", "torch7"),
    (b"\x93numpy", "numpy"),
)
_SUFFIXES = {
    ".onnx": "onnx",
    ".caffemodel": "caffe",
    ".pb": "tensorflow",
    ".tflite": "tensorflow",
    ".mlmodel": "coreml",
    ".h5": "keras",
    ".keras": "keras",
}


def check(path: Path, start: bytes) -> None:
    """Refuse a file that is known to be something else, with the sentence that helps.

    Args:
        start: its first bytes.

    Raises:
        CheckpointError: says what the file is.
    """
    text = start.lstrip().lower()
    kind = next((kind for beginning, kind in _BEGINNINGS if text.startswith(beginning)), None)
    is_weights = start.startswith((b"PK\x03\x04", b"\x80")) or start[8:9] == b"{"
    if kind is None and not is_weights:
        kind = _SUFFIXES.get(path.suffix.lower())
    if kind is not None:
        raise CheckpointError(f"weights.other.{kind}", path=path)


def archive(names: Sequence[str], path: Path) -> CheckpointError:
    """Return what is wrong with a zip that torch has not written."""
    files = [name for name in names if not name.endswith("/") and "__MACOSX" not in name]
    if any(name.endswith(".npy") for name in files):
        return CheckpointError("weights.other.numpy", path=path)
    if "model.weights.h5" in files:
        return CheckpointError("weights.other.keras", path=path)
    return CheckpointError("weights.archive", path=path, files=[n[:80] for n in files[:5]])
