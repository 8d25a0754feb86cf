"""A pickle of plain values and NumPy arrays, as CIFAR's batches are, read without running it.

A pickle is a program. The few names that such a batch needs are answered here by stand-ins, which
check sizes; every other name is refused.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_core.errors import DataError

_TYPES = frozenset({"u1", "i1", "i2", "i4", "i8", "u2", "u4", "u8", "b1"})
_DAMAGE = (
    *(pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError),
    *(AttributeError, ImportError, OverflowError, MemoryError, RecursionError, UnicodeError),
)


def read(content: bytes, path: Path, name: str) -> dict[str, Any]:
    """Return the values of a pickled mapping by name, texts decoded.

    Raises:
        DataError: it is damaged, or names anything but plain values and arrays.
    """
    try:
        values = _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except _DAMAGE as error:
        raise DataError("data.published_pickle", path=path, name=name) from error
    if not isinstance(values, dict):
        raise DataError("data.published_pickle", path=path, name=name)
    return {_text(key): _plain(value) for key, value in values.items()}


class _Type:
    """Stands for numpy.dtype."""

    def __init__(self, kind: Any, *_: Any) -> None:
        self.kind = _text(kind)
        if self.kind not in _TYPES:
            raise pickle.UnpicklingError(f"an array of {self.kind[:20]}")

    def __setstate__(self, state: Any) -> None:
        order = _text(state[1])
        if order in ("<", ">"):
            self.kind = order + self.kind


class _Array:
    """Stands for numpy.ndarray until its state is known."""

    array: NDArray

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, by_columns, data = state
        self.array = _array(data, kind, shape, "F" if by_columns else "C")


def _array(data: Any, kind: Any, shape: Any, order: Any = "C", axes: None = None) -> NDArray:
    if not isinstance(data, (bytes, bytearray)) or axes is not None or not isinstance(kind, _Type):
        raise pickle.UnpicklingError("an array without bytes")
    return np.frombuffer(data, kind.kind).reshape(
        tuple(shape), order="F" if _text(order) == "F" else "C"
    )


def _frombuffer(*arguments: Any) -> _Array:
    stand_in = _Array()
    stand_in.array = _array(*arguments)
    return stand_in


def _encoded(text: Any, encoding: Any = "latin1") -> bytes:
    """Stand for codecs.encode, by which Python 3 writes bytes in the older protocols."""
    if not isinstance(text, str) or _text(encoding) != "latin1":
        raise pickle.UnpicklingError("bytes in another encoding")
    return text.encode("latin1")


def _scalar(kind: Any, data: Any) -> int:
    if not isinstance(data, bytes) or not isinstance(kind, _Type):
        raise pickle.UnpicklingError("a number without bytes")
    return int(np.frombuffer(data, kind.kind)[0])


_NAMES: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): _encoded,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
}
for _core in ("numpy.core", "numpy._core"):
    _NAMES[f"{_core}.multiarray", "_reconstruct"] = lambda *_: _Array()
    _NAMES[f"{_core}.multiarray", "scalar"] = _scalar
    _NAMES[f"{_core}.numeric", "_frombuffer"] = _frombuffer


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _NAMES[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("a reference to something outside")


def _plain(value: Any) -> Any:
    if isinstance(value, _Array):
        return value.array
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return _text(value) if isinstance(value, bytes) else value


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
