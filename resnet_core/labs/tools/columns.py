"""Columns that tables share: which network a row is of, and small arrays as text. No torch."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from resnet_core.labs.events import Row, Value

RUN = ("run", "label", "family", "depth")
COLUMNS = ("shape", "kind", "data")  # of a packed array
NOTHING: Row = {"shape": "", "kind": "", "data": ""}
_KINDS = {"uint8": "<u1", "float16": "<f2", "bool": "|b1"}


class Named(Protocol):
    """The part of a `TrainedNetwork` that identifies it."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def depth(self) -> int: ...


def of(network: Named) -> dict[str, Value]:
    """The network's values of `RUN`."""
    return {
        "run": network.id,
        "label": network.label,
        "family": network.family,
        "depth": network.depth,
    }


def pack(array: NDArray[Any]) -> Row:
    """A uint8, float16 or bool array as the columns `COLUMNS`."""
    kind = array.dtype.name
    content = np.ascontiguousarray(array, _KINDS[kind]).tobytes()
    shape = ",".join(map(str, array.shape))
    return {"shape": shape, "kind": kind, "data": base64.b64encode(content).decode("ascii")}


def unpack(row: Mapping[str, Any], prefix: str = "") -> NDArray[Any]:
    """The inverse of `pack`; read only.

    Args:
        prefix: of the columns' names.
    """
    shape = tuple(int(side) for side in row[f"{prefix}shape"].split(","))
    content = base64.b64decode(row[f"{prefix}data"])
    return np.frombuffer(content, _KINDS[row[f"{prefix}kind"]]).reshape(shape)


def halves(values: NDArray[Any]) -> tuple[NDArray[np.float16], float]:
    """A map over its largest absolute value, and that value. A map of zeros stays one."""
    largest = float(np.abs(values).max(initial=0.0))
    return (values / largest if largest else values).astype(np.float16), largest


def bytes_of(values: NDArray[Any]) -> tuple[NDArray[np.uint8], float, float]:
    """Maps as 256 steps from their least to their largest value, and these two."""
    low, high = float(values.min()), float(values.max())
    span = (high - low) or 1.0
    return np.rint((values - low) / span * 255).astype(np.uint8), low, high
