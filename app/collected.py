"""Telemetry that grows with a run: a new row costs what it is, not what was there before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from resnet_core.runs import curves
from resnet_core.runs.curves import VECTORS, Telemetry

_ROOM = 256  # rows at first; doubled whenever they are used up


class Collected:
    """The rows of one stream so far.

    What `telemetry` gave stays as it was when more is added: rows are only ever appended.
    """

    def __init__(self) -> None:
        self._names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._columns: dict[str, NDArray[Any]] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, rows: pa.Table) -> None:
        """Append rows of the stream, which all have its columns."""
        new = curves.from_table(rows)
        self._names = (new.layers, new.blocks)
        begin, self._length = self._length, self._length + len(new.frame)
        parts = {name: new.frame[name].to_numpy() for name in new.frame.columns}
        parts |= {name: getattr(new, name) for name in VECTORS}
        for name, part in parts.items():
            self._room(name, part)[begin : self._length] = part

    def telemetry(self) -> Telemetry:
        """Everything so far, without a copy of the layers' values."""
        if not self._columns:
            return curves.from_table(pa.table({}))
        there = {name: column[: self._length] for name, column in self._columns.items()}
        response, gradient, branch = (there.pop(name) for name in VECTORS)
        return Telemetry(pd.DataFrame(there), *self._names, response, gradient, branch)

    def _room(self, name: str, part: NDArray[Any]) -> NDArray[Any]:
        """The column's array, with space for all rows; twice as much where it was too small."""
        column = self._columns.get(name)
        if column is None or len(column) < self._length:
            larger = np.empty((max(_ROOM, 2 * self._length), *part.shape[1:]), part.dtype)
            if column is not None:
                larger[: len(column)] = column
            self._columns[name] = column = larger
        return column
