"""A PyTorch file, looked through before torch opens it: what it names, and what it claims.

Such a file is a pickle, that is, a program. Here it is run with stand-ins: every function it
names is one of ours or refused, every tensor is a claim about a storage that is checked against
the bytes that are there. Only then does torch read it, with `weights_only` as well.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from resnet_core.errors import CheckpointError

MOST_PICKLE = 4 * 2**20  # bytes; 1202 layers need one MiB
MOST_MEMBERS = 50_000
# What pickles that are damaged or hostile make Python's reader raise.
DAMAGE = (
    *(pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError),
    *(AttributeError, ImportError, RecursionError, OverflowError, struct.error),
    *(zipfile.BadZipFile, NotImplementedError, OSError),
)
# Bytes of a value of torch's storage classes; an untyped one counts bytes.
_STORAGES = {
    "DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2,
    "LongStorage": 8, "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1,
    "BoolStorage": 1, "UntypedStorage": 1,
}  # fmt: skip
_PROTOCOL = 2
_LEGACY_PICKLES = 5  # magic number, protocol, machine, content, storages' names


class _Storage(NamedTuple):
    """A claim that the file holds so many values, each so many bytes wide, under a name."""

    key: str
    values: int
    width: int

    @property
    def bytes(self) -> int:
        return self.values * self.width


class _Kind(NamedTuple):
    """A storage class: bytes of a value."""

    width: int


class _Value(NamedTuple):
    """Stands for a tensor."""


class _StandIn(NamedTuple):
    """Stands for a function. A tuple, so that no pickle can change it."""

    action: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        return self.action(*arguments)


def check(path: Path) -> None:
    """Accept a file that names nothing but tensors, and claims no more bytes than it has.

    Raises:
        CheckpointError: it is damaged, no PyTorch file, compressed, or a program.
    """
    with path.open("rb") as file:
        if file.read(2) == b"PK":
            _check_zip(path)
        else:
            file.seek(0)
            _check_legacy(file, path)


def _check_zip(path: Path) -> None:
    """What torch.save writes: members without compression, one of them the pickle."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(members, path)
            programs = [info for info in members if info.filename.endswith("/data.pkl")]
            if len(programs) != 1:
                raise CheckpointError("weights.zip", path=path)
            content = _bounded(archive.open(programs[0]), path)
            folder = programs[0].filename.removesuffix("data.pkl")
    except DAMAGE as error:
        raise CheckpointError("weights.damaged", path=path) from error
    sizes = {info.filename: info.file_size for info in members}
    for storage in _claims(io.BytesIO(content), len(content), path):
        held = sizes.get(f"{folder}data/{storage.key}", -1)
        if storage.bytes > held:
            raise CheckpointError("weights.not_whole", path=path)


def _check_members(members: list[zipfile.ZipInfo], path: Path) -> None:
    if len(members) > MOST_MEMBERS:
        raise CheckpointError("weights.members", path=path, most=MOST_MEMBERS)
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


def _bounded(stream: IO[bytes], path: Path) -> bytes:
    with stream:
        content = stream.read(MOST_PICKLE + 1)
    if len(content) > MOST_PICKLE:
        raise CheckpointError("weights.index", path=path)
    return content


def _check_legacy(file: IO[bytes], path: Path) -> None:
    """What torch.save wrote before version 1.6: five pickles, then the storages' bytes."""
    start = file.read(MOST_PICKLE)
    stream, claimed = io.BytesIO(start), 0
    for _ in range(_LEGACY_PICKLES):
        claims = _claims(stream, len(start), path)
        claimed += sum(storage.bytes for storage in claims)
    if claimed > path.stat().st_size - stream.tell():
        raise CheckpointError("weights.cut_short", path=path, claimed=claimed)


def _claims(stream: io.BytesIO, most: int, path: Path) -> list[_Storage]:
    """Run the next pickle with stand-ins; the storages that its tensors are said to be in."""
    begin = stream.tell()
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            if opcode.name == "PROTO" and argument is not None and argument > _PROTOCOL:
                raise CheckpointError("weights.protocol", path=path, given=argument, own=_PROTOCOL)
            # Python's reader makes room for as many entries as the highest number it meets.
            if "PUT" in opcode.name and int(argument or 0) > most:
                raise pickle.UnpicklingError("numbers its parts beyond their count")
        end = stream.tell()
        stream.seek(begin)
        reader = _StandIns(stream, path)
        reader.load()
        stream.seek(end)
    except DAMAGE as error:
        raise CheckpointError("weights.no_pytorch", path=path) from error
    return list(reader.storages.values())


class _StandIns(pickle.Unpickler):
    """Runs a pickle in which every name means a harmless stand-in, or is refused."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        super().__init__(stream, encoding="utf-8")
        self.path = path
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        if full == "collections.OrderedDict":
            return OrderedDict
        if module in {"torch", "torch.storage"} and name in _STORAGES:
            return _Kind(_STORAGES[name])
        if full in _FUNCTIONS:
            return _FUNCTIONS[full]
        raise CheckpointError("weights.code", path=self.path, function=full[:80])

    def persistent_load(self, pid: Any) -> _Storage:
        word, kind, key, _, count = pid[:5]
        if word != "storage" or not isinstance(kind, _Kind) or type(count) is not int or count < 0:
            raise pickle.UnpicklingError("names something that is no storage")
        claim = _Storage(str(key), count, kind.width)
        if self.storages.setdefault(claim.key, claim) != claim:
            raise pickle.UnpicklingError("gives one storage two sizes")
        return claim


def _tensor(
    storage: _Storage, offset: int, shape: Sequence[int], stride: Sequence[int], *_: Any
) -> _Value:
    """A view of a storage that has at least as many values as the view."""
    numbers = (offset, *shape, *stride)
    if not isinstance(storage, _Storage) or any(type(n) is not int or n < 0 for n in numbers):
        raise pickle.UnpicklingError("makes a tensor of something else")
    steps = [(n - 1) * step for n, step in zip(shape, stride, strict=True)]
    values = math.prod(shape)
    if values and max(values, offset + sum(steps) + 1) > storage.values:
        raise pickle.UnpicklingError("makes a tensor larger than its storage")
    return _Value()


def _parameter(value: _Value, *_: Any) -> _Value:
    return value


def _size(numbers: Sequence[int] = ()) -> tuple[int, ...]:
    return tuple(numbers)


_FUNCTIONS = {
    "torch._utils._rebuild_tensor_v2": _StandIn(_tensor),
    "torch._utils._rebuild_tensor": _StandIn(_tensor),
    "torch._utils._rebuild_parameter": _StandIn(_parameter),
    "torch.Size": _StandIn(_size),
}
