"""Events of a laboratory: progress, rows of its tables, verdicts; columns that tables share.

No torch. Small arrays stand in a table as text.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Value = float | int | str | bool | None
Row = Mapping[str, Value]

RUN = ("run", "label", "family", "depth")  # the network that a row is of
COLUMNS = ("shape", "kind", "data")  # of a packed array
NOTHING: Row = {"shape": "", "kind": "", "data": ""}
_KINDS = {"uint8": "<u1", "float16": "<f2", "bool": "|b1"}


@dataclass(frozen=True)
class Progress:
    """The completed steps of the laboratory, and their total number."""

    steps: int
    total: int

    @classmethod
    def each(cls, total: int) -> Iterator[Progress]:
        """The progress after the first step, the second, and so on to the last."""
        yield from (cls(steps, total) for steps in range(1, total + 1))


@dataclass(frozen=True)
class Rows:
    """More rows of one of the laboratory's tables; every row has the table's columns."""

    table: str
    rows: Sequence[Row]

    @classmethod
    def one(cls, table: str, *parts: Row, **values: Value) -> Rows:
        """A single row: the columns of `parts`, and those that are named here."""
        row: dict[str, Value] = {}
        for part in parts:
            row |= part
        return cls(table, [row | values])


@dataclass(frozen=True)
class Verdict:
    """A conclusion: the key of one of the laboratory's sentences, and its values.

    A laboratory may give several, one a claim; at least one comes before it ends.
    """

    finding: str
    values: Mapping[str, Value]

    @classmethod
    def of(cls, finding: str, **values: Value) -> Verdict:
        """The verdict with these values."""
        return cls(finding, values)


Event = Progress | Rows | Verdict


def diverged(column: str, errors: Mapping[str, float], separator: str = ", ") -> list[Verdict]:
    """One verdict on the trainings whose loss was no longer a number; none without any.

    Args:
        column: the verdict's name for the list of trainings.
        errors: by training, the error that counts instead.
    """
    if not errors:
        return []
    names = separator.join(errors)
    return [Verdict("diverged", {column: names, "error": next(iter(errors.values()))})]


def columns(kind: Any) -> tuple[str, ...]:
    """The columns of a table whose rows are the fields of this dataclass."""
    return tuple(field.name for field in fields(kind))


def attributes(source: object, *names: str) -> dict[str, Value]:
    """The values of these attributes, as a part of a row or of a verdict."""
    return {name: getattr(source, name) for name in names}


def finite(value: float) -> float | None:
    """The value as tables and charts take it: None in place of an infinite one or of none."""
    return float(value) if math.isfinite(value) else None


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


def pack_map(values: NDArray[Any]) -> Row:
    """A map over its largest absolute value as float16, and that value in `largest`."""
    largest = float(np.abs(values).max(initial=0.0))
    scaled = values / largest if largest else values
    return {**pack(scaled.astype(np.float16)), "largest": largest}


def pack_steps(values: NDArray[Any]) -> Row:
    """Maps as 256 steps from their least to their largest value, and these in `low` and `high`."""
    low, high = float(values.min()), float(values.max())
    span = (high - low) or 1.0
    steps = np.rint((values - low) / span * 255).astype(np.uint8)
    return {**pack(steps), "low": low, "high": high}
