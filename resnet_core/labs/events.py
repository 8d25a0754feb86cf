"""Events of a laboratory: progress, rows of its tables, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Value = float | int | str | bool | None
Row = Mapping[str, Value]


@dataclass(frozen=True)
class Progress:
    """The completed steps of the laboratory, and their total number."""

    steps: int
    total: int


@dataclass(frozen=True)
class Rows:
    """More rows of one of the laboratory's tables; every row has the table's columns."""

    table: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Verdict:
    """A conclusion: the key of one of the laboratory's sentences, and its values.

    A laboratory may give several, one a claim; at least one comes before it ends.
    """

    finding: str
    values: Mapping[str, Value]


Event = Progress | Rows | Verdict
