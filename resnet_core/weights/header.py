"""A safetensors file's header, checked before a reader is trusted with it.

The format: eight bytes with the header's length, the header in JSON, then the tensors' bytes.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from resnet_core.errors import CheckpointError

MOST_BYTES = 2**30  # of a file of any kind; VGG-19's 144 million float32 weights are 575 MB
MOST_HEADER = 8 * 2**20  # bytes; 1202 layers need less than one MiB
MOST_TENSORS = 50_000
MOST_AXES = 8
# Bytes of a value, for the types that networks are saved in.
SIZES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip


def check(path: Path) -> None:
    """Accept a file whose header fits its size.

    Raises:
        CheckpointError: it is no safetensors file, or says of itself what cannot be.
    """
    total = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(MOST_HEADER, total - 8):
            raise CheckpointError(
                "weights.header_length",
                path=path,
                length=length,
                total=total,
                most=MOST_HEADER // 2**20,
            )
        text = file.read(length)
    entries = _parsed(text, path)
    end = sum(_bytes_of(name, entry, path) for name, entry in entries.items())
    ends = [entry["data_offsets"][1] for entry in entries.values()]
    if end != total - 8 - length or max(ends, default=0) != end:
        raise CheckpointError("weights.needs_bytes", path=path, end=end, held=total - 8 - length)


def _parsed(text: bytes, path: Path) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError("weights.neither", path=path) from error
    if not isinstance(header, dict):
        raise CheckpointError("weights.header_mapping", path=path)
    header.pop("__metadata__", None)
    if not 1 <= len(header) <= MOST_TENSORS:
        raise CheckpointError("weights.count", path=path, count=len(header), most=MOST_TENSORS)
    return header


def _bytes_of(name: str, entry: Any, path: Path) -> int:
    """How many bytes a tensor takes, if its type, shape and place agree on it."""
    try:
        size, shape, (start, stop) = SIZES[entry["dtype"]], entry["shape"], entry["data_offsets"]
        whole = all(type(number) is int and number >= 0 for number in (*shape, start, stop))
        fits = whole and len(shape) <= MOST_AXES and stop - start == size * math.prod(shape)
    except (KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise CheckpointError("weights.described", path=path, name=name[:80])
    return int(stop - start)
