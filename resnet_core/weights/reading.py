"""Weights from a file that may come from anyone: a safetensors file or a PyTorch state dict.

The first bytes tell the kind of file. Sizes and names are checked before any tensor is read,
nothing in the file is run, and every tensor that is returned has finite values only.

A PyTorch file is a pickle, that is, a program. torch reads it with `weights_only=True`, which
refuses to call what is not on its list. Two checks of our own remain: names are refused in a
sentence before that, since some on torch's list fill the memory (`bytearray(2**36)`); and no
tensor may claim more bytes than the file holds. Values that scripts save beside the weights, such
as their arguments or a number of NumPy's, are replaced by a stand-in that does nothing.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import safetensors
import safetensors.torch
import torch
from torch import Tensor
from torch.serialization import safe_globals

from resnet_core.errors import CheckpointError
from resnet_core.system.disk import file_checksum
from resnet_core.system.texts import Message
from resnet_core.weights import other_files
from resnet_core.weights.recognition import MOST_BYTES

MOST_HEADER_BYTES = 8 * 2**20  # of a safetensors file; 1202 layers need less than one MiB
MOST_PICKLE_BYTES = 4 * 2**20  # 1202 layers need one MiB
MOST_TENSORS = 50_000

Form = Literal["safetensors", "pytorch"]
# Where training scripts put the state dict among what else they save.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "weights", "network", "params")
_AVERAGES = ("state_dict_ema", "model_ema", "ema")
_DEEPEST = 4  # mappings in mappings
_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
_PROTOCOL = 2  # of torch.save's pickles
_LEGACY_PICKLES = 5  # before torch 1.6: magic number, protocol, machine, content, storages' names
# What a state dict needs to name.
_NAMES = {
    "collections OrderedDict",
    *(f"torch._utils _rebuild_{part}" for part in ("tensor_v2", "tensor", "parameter")),
    "torch Size",
    # On torch's list, harmless, and written beside the weights.
    *("collections Counter", "_codecs encode", "torch device", "__builtin__ set", "builtins set"),
    *(f"torch {kind}" for kind in ("float32", "float64", "float16", "bfloat16", "int64", "int32")),
}
# Values beside the weights whose stand-in does nothing: a module, or a name in one.
_INERT = (
    *("argparse Namespace", "types SimpleNamespace", "collections defaultdict"),
    *("numpy dtype", "numpy ndarray", "numpy.core.multiarray ", "numpy._core.multiarray "),
    *("numpy.dtypes ", "datetime ", "pathlib ", "omegaconf.", "easydict ", "addict.", "yacs."),
    *("lightning.", "pytorch_lightning.", "lightning_fabric.", "mmengine.", "mmcv."),
    *("ml_collections.", "torch.optim.lr_scheduler ", "fractions ", "decimal "),
)
_STORAGES = frozenset(
    f"{kind}Storage"
    for kind in (
        *("Double", "Float", "Half", "BFloat16", "Untyped"),
        *("Long", "Int", "Short", "Char", "Byte", "Bool"),
    )
)
# What damaged or hostile files make the readers raise.
_DAMAGE = (
    *(pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError),
    *(AttributeError, ImportError, RuntimeError, OverflowError, struct.error),
    *(AssertionError, MemoryError, zipfile.BadZipFile, OSError, safetensors.SafetensorError),
)


@dataclass(frozen=True)
class WeightsFile:
    """A state dict as it was read.

    Attributes:
        form: the kind of file, by its content.
        sha256: of the file.
        tensors: by the file's own names; float32 or int64, on the CPU, all values finite.
    """

    path: Path
    form: Form
    sha256: str
    tensors: dict[str, Tensor]


def read(path: Path) -> WeightsFile:
    """Return the tensors of a file.

    Raises:
        CheckpointError: it is missing, too large, damaged, not weights, unsafe, or has values
            that are not finite.
    """
    start = _first_bytes(path)
    other_files.check(path, start)
    # A header of 640 bytes begins like a pickle; but its text begins with the ninth byte.
    if start.startswith(_ZIP) or (start.startswith(_PICKLE) and start[8:9] != b"{"):
        form: Form = "pytorch"
        state = _read_pytorch(path, is_zip=start.startswith(_ZIP))
    else:
        form = "safetensors"
        state = _read_safetensors(path, start)
    if not 1 <= len(state) <= MOST_TENSORS:
        raise CheckpointError("weights.count", path=path, count=len(state), most=MOST_TENSORS)
    tensors = {name: _plain(name, tensor, path) for name, tensor in state.items()}
    return WeightsFile(path, form, file_checksum(path), tensors)


def _first_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise CheckpointError("weights.folder", path=path)
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise CheckpointError(
                "weights.too_large", path=path, size=size / 2**20, most=MOST_BYTES // 2**20
            )
        with path.open("rb") as file:
            start = file.read(16)
    except (OSError, ValueError) as error:
        reason = error if isinstance(error, OSError) else Message("errors.system.no_such_name")
        raise CheckpointError("weights.unreadable", path=path, reason=reason) from error
    if len(start) < 16:
        raise CheckpointError("weights.too_short", path=path, size=len(start))
    return start


def _read_safetensors(path: Path, start: bytes) -> dict[str, Tensor]:
    """Read by the library, which checks names, types, shapes and offsets against the file's size.

    It parses headers of up to 100 MB, which takes several times as much memory; ours are smaller.
    """
    length, size = int.from_bytes(start[:8], "little"), path.stat().st_size
    if length > min(MOST_HEADER_BYTES, size - 8):
        most = MOST_HEADER_BYTES // 2**20
        raise CheckpointError(
            "weights.header_length", path=path, length=length, total=size, most=most
        )
    if start[8:9] != b"{":
        raise CheckpointError("weights.neither", path=path)
    try:
        return safetensors.torch.load_file(path)
    except _DAMAGE as error:
        raise CheckpointError("weights.damaged", path=path) from error


def _read_pytorch(path: Path, *, is_zip: bool) -> dict[str, Tensor]:
    if is_zip:
        inert = _check_names(_zipped_pickle(path), 1, path)
    else:
        with path.open("rb") as file:
            inert = _check_names(file.read(MOST_PICKLE_BYTES), _LEGACY_PICKLES, path)
    try:
        with safe_globals([(_Inert, name) for name in inert]):
            content = torch.load(path, map_location="cpu", weights_only=True)
        state = _state_dict(content, path)
    except _DAMAGE as error:
        raise CheckpointError("weights.no_state_dict", path=path) from error
    if _stored_bytes(state.values()) > path.stat().st_size:
        raise CheckpointError("weights.not_whole", path=path)
    return state


def _zipped_pickle(path: Path) -> bytes:
    """Return the pickle of what torch.save writes: members without compression."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if not any(info.filename.endswith("/data.pkl") for info in members):
                raise other_files.archive([info.filename for info in members], path)
            if any(info.filename.endswith("/constants.pkl") for info in members):
                raise CheckpointError("weights.torchscript", path=path)
            _check_members(members, path)
            pickles = [info for info in members if info.filename.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise other_files.archive([info.filename for info in members], path)
            if pickles[0].file_size > MOST_PICKLE_BYTES:
                raise CheckpointError("weights.index", path=path)
            return archive.read(pickles[0])
    except (*_DAMAGE, NotImplementedError) as error:
        raise CheckpointError("weights.damaged", path=path) from error


def _check_members(members: list[zipfile.ZipInfo], path: Path) -> None:
    for info in members:
        if info.flag_bits & 1:
            raise CheckpointError("weights.encrypted", path=path)
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise CheckpointError(
                "weights.compressed",
                path=path,
                member=info.filename[:80],
                small=info.compress_size,
                large=info.file_size,
            )
    if sum(info.file_size for info in members) > path.stat().st_size:
        raise CheckpointError("weights.overlap", path=path)


def _check_names(content: bytes, pickles: int, path: Path) -> set[str]:
    """Return the names that get a stand-in; refuse pickles that name anything else but tensors.

    They are read here, not run.
    """
    stream: IO[bytes] = io.BytesIO(content)
    inert: set[str] = set()
    try:
        for _ in range(pickles):
            for opcode, argument, _ in pickletools.genops(stream):
                if opcode.name == "PROTO" and argument and argument > _PROTOCOL:
                    raise CheckpointError(
                        "weights.protocol", path=path, given=argument, own=_PROTOCOL
                    )
                if opcode.name != "GLOBAL" or _is_harmless(str(argument)):
                    continue
                name = str(argument).replace(" ", ".")
                if not str(argument).startswith(_INERT):
                    raise CheckpointError("weights.code", path=path, function=name[:80])
                inert.add(name)
    except _DAMAGE as error:
        raise CheckpointError("weights.no_pytorch", path=path) from error
    return inert


class _Inert:
    """Stands for a value beside the weights, and drops all that it is given."""

    def __new__(cls, *_: Any, **__: Any) -> _Inert:
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass

    def __setitem__(self, key: Any, value: Any) -> None:
        pass


def _is_harmless(name: str) -> bool:
    module, _, attribute = name.partition(" ")
    return name in _NAMES or (module in {"torch", "torch.storage"} and attribute in _STORAGES)


def _stored_bytes(tensors: Iterable[Tensor]) -> int:
    """Return the bytes of the tensors' storages, each counted once.

    A view that reaches beyond its storage makes torch enlarge it, without touching the memory.
    """
    storages = (tensor.untyped_storage() for tensor in tensors if tensor.layout == torch.strided)
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def _state_dict(content: Any, path: Path) -> dict[str, Tensor]:
    """Return the tensors by name, out of what a training script may have saved beside them."""
    found = dict(_mappings(content))
    order = {key: place for place, key in enumerate(("", *_WRAPPERS, *found, *_AVERAGES)[::-1])}
    best = max(found, key=lambda key: (_has_layers(found[key]), order[key]), default=None)
    if best is None:
        raise CheckpointError("weights.no_mapping", path=path, names=_WRAPPERS)
    return found[best]


def _mappings(
    content: Any, key: str = "", depth: int = 0
) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield the mappings of names to tensors, however deep, by the key of each."""
    if not isinstance(content, Mapping) or depth > _DEEPEST:
        return
    tensors = {str(k): v for k, v in content.items() if isinstance(v, Tensor)}
    if len(tensors) >= 2:
        yield key, tensors
    for name, value in content.items():
        # Momentum has the shapes of weights.
        if isinstance(name, str) and "optim" not in name.lower():
            yield from _mappings(value, name, depth + 1)


def _has_layers(tensors: Mapping[str, Tensor]) -> int:
    """Return 2 for the tensors of a network of convolutions, 1 for those of any layers."""
    axes = {tensor.dim() for tensor in tensors.values()}
    return 2 if 4 in axes else int(bool(axes & {2, 3}))


def _plain(name: str, tensor: Tensor, path: Path) -> Tensor:
    """Return a copy of the tensor as float32 or int64."""
    name = name[:80]
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_complex():
        raise CheckpointError("weights.not_ordinary", path=path, name=name)
    stored = tensor.untyped_storage().nbytes() // max(1, tensor.element_size())
    if tensor.numel() > stored:
        raise CheckpointError("weights.claims", path=path, name=name)
    if not tensor.is_floating_point():
        return tensor.detach().to(torch.int64, copy=True)
    plain = tensor.detach().to(torch.float32, copy=True).contiguous()
    if not torch.isfinite(plain).all():
        raise CheckpointError("weights.not_finite", path=path, name=name)
    return plain
