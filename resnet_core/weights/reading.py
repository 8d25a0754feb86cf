"""Weights from a file that may come from anyone: a safetensors file or a PyTorch state dict.

What a file is, is told by its first bytes. Sizes and names are checked before any tensor is
read, nothing in the file is run, and no tensor leaves here with a value that is not finite.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from resnet_core.errors import CheckpointError
from resnet_core.system.texts import Message
from resnet_core.weights import header, pickled

Form = Literal["safetensors", "pytorch"]
# Where training scripts put the state dict among what else they save.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "weights")
_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
# What damaged or hostile files make the readers raise.
_DAMAGE = (
    *(*pickled.DAMAGE, RuntimeError, AssertionError, MemoryError),
    safetensors.SafetensorError,
)


@dataclass(frozen=True)
class WeightsFile:
    """A state dict as it was found.

    Attributes:
        form: what kind of file it is, by its content.
        sha256: of the file.
        tensors: by the file's own names; float32 or int64, on the CPU, all values finite.
    """

    path: Path
    form: Form
    sha256: str
    tensors: dict[str, Tensor]


def read(path: Path) -> WeightsFile:
    """The tensors of a file.

    Raises:
        CheckpointError: it is missing, too large, damaged, not weights, unsafe, or has values
            that are not finite.
    """
    start = _first_bytes(path)
    # A header of 640 bytes begins like a pickle; but its text begins with the ninth byte.
    if start.startswith(_ZIP) or (start.startswith(_PICKLE) and start[8:9] != b"{"):
        form: Form = "pytorch"
        pickled.check(path)
        found = _state_dict(_loaded(path), path)
    else:
        form = "safetensors"
        header.check(path)
        found = _safetensors(path)
    tensors = {name: _plain(name, tensor, path) for name, tensor in found.items()}
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return WeightsFile(path, form, digest, tensors)


def _first_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise CheckpointError("weights.folder", path=path)
        size = path.stat().st_size
        if size > header.MOST_BYTES:
            raise CheckpointError(
                "weights.too_large", path=path, size=size / 2**20, most=header.MOST_BYTES // 2**20
            )
        with path.open("rb") as file:
            start = file.read(16)
    except (OSError, ValueError) as error:
        reason = error if isinstance(error, OSError) else Message("errors.system.no_such_name")
        raise CheckpointError("weights.unreadable", path=path, reason=reason) from error
    if len(start) < 16:
        raise CheckpointError("weights.too_short", path=path, size=len(start))
    return start


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load_file(path)
    except _DAMAGE as error:
        raise CheckpointError("weights.damaged", path=path) from error


def _loaded(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except _DAMAGE as error:
        raise CheckpointError("weights.no_state_dict", path=path) from error


def _state_dict(content: Any, path: Path) -> dict[str, Tensor]:
    """The tensors by name, out of what a training script may have saved beside them."""
    places = [content]
    if isinstance(content, Mapping):
        places += [content[key] for key in _WRAPPERS if key in content]
    for place in places:
        if isinstance(place, Mapping):
            tensors = {str(k): v for k, v in place.items() if isinstance(v, Tensor)}
            if len(tensors) >= 2:
                return tensors
    raise CheckpointError("weights.no_mapping", path=path, names=_WRAPPERS)


def _plain(name: str, tensor: Tensor, path: Path) -> Tensor:
    """The tensor as float32 or int64, a copy of its own."""
    shown = name[:80]
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_complex():
        raise CheckpointError("weights.not_ordinary", path=path, name=shown)
    stored = tensor.untyped_storage().nbytes() // max(1, tensor.element_size())
    if tensor.numel() > stored:
        raise CheckpointError("weights.claims", path=path, name=shown)
    if not tensor.is_floating_point():
        return tensor.detach().to(torch.int64, copy=True)
    plain = tensor.detach().to(torch.float32, copy=True).contiguous()
    if not torch.isfinite(plain).all():
        raise CheckpointError("weights.not_finite", path=path, name=shown)
    return plain
