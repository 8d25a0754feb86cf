"""Runs as curves to draw: runs that differ only in their seed become one, with a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.figures.labels import labels
from app.language.texts import Speaker
from app.page_state.view import Axis, Measured
from resnet_core.runs.curves import Telemetry
from resnet_core.runs.record import RunRecord

Floats = NDArray[np.floating]

_COLUMN = {"iterations": "iteration", "epochs": "epoch", "seconds": "seconds"}
_ERROR = {"fixed": "train_error", "running": "running_error"}


@dataclass(frozen=True)
class Member:
    """One run and what it measured.

    Attributes:
        parent: what the run it was forked from measured, where that is known.
    """

    record: RunRecord
    telemetry: Telemetry
    parent: Telemetry | None = None


@dataclass(frozen=True)
class Spread:
    """Mean, least and greatest over the members; all three are equal for a single run."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Series:
    """One curve of a chart: a run, or the runs of one experiment over seeds.

    Attributes:
        key: the same as long as the same runs are shown; names the curve in a page.
        label: what the legend says, "plain-56".
        twin: how many curves of the same family and depth come before this one.
        time: T, rising; when the records were made, in the units of the chart.
        error, test: T, percent; NaN where it was not evaluated.
        response, gradient: T, L.
        count: n, the members that have measured something.
        forked_at: the time at which a fork left its parent, else None.
    """

    key: str
    label: str
    family: str
    depth: int
    twin: int
    members: tuple[Member, ...]
    layers: tuple[str, ...]
    time: Floats
    error: Spread
    test: Spread
    response: Spread
    gradient: Spread
    count: int = 1
    forked_at: float | None = None

    @property
    def records(self) -> list[RunRecord]:
        return [member.record for member in self.members]

    @property
    def imported(self) -> bool:
        """Whether its network was trained elsewhere, so that there is no curve of it."""
        return self.members[0].record.imported

    def row_at(self, at: float | None) -> int | None:
        """The newest row that is not after this time; None where there is no row at all."""
        if not len(self.time):
            return None
        if at is None:
            return len(self.time) - 1
        return max(0, int(np.searchsorted(self.time, at + 1e-9, side="right")) - 1)


def gather(
    members: Sequence[Member],
    say: Speaker,
    x: Axis = "iterations",
    error: Measured = "running",
) -> list[Series]:
    """The curves of some runs, in the order in which the first run of each was given."""
    groups: dict[str, list[Member]] = {}
    for member in members:
        groups.setdefault(_experiment_key(member.record), []).append(member)
    names = labels([[member.record for member in group] for group in groups.values()], say)
    found: list[Series] = []
    for label, group in zip(names, groups.values(), strict=True):
        family, depth = network_of(group[0].record)
        twin = sum(1 for other in found if (other.family, other.depth) == (family, depth))
        found.append(_series(group, label, family, depth, twin, x, error))
    return found


def network_of(record: RunRecord) -> tuple[str, int]:
    """Family and depth."""
    spec = record.experiment.network_spec()
    return spec.family, spec.depth


def _experiment_key(record: RunRecord) -> str:
    """Equal for runs that differ only in name and seed; a fork or an import stands for itself."""
    if record.parent is not None or record.imported:
        return record.id
    return record.experiment.model_copy(update={"seed": 0, "name": ""}).model_dump_json()


def _series(
    group: list[Member],
    label: str,
    family: str,
    depth: int,
    twin: int,
    x: Axis,
    error: Measured,
) -> Series:
    # The longest run's own records are the common times; others are read between theirs.
    longest = max(group, key=lambda member: len(member.telemetry.frame))
    grid = _column(longest.telemetry, "iteration")
    # A run of the group that has measured nothing (queued, or broken) adds nothing.
    begun = [member for member in group if len(member.telemetry.frame)] or group[:1]
    over = [_Resampled(member, grid) for member in begun]
    shifts = [_shift(member, x) for member in begun]
    times = [one.column(_COLUMN[x]) + shift for one, shift in zip(over, shifts, strict=True)]
    record = group[0].record
    return Series(
        key="-".join(sorted(member.record.id for member in group))[:120],
        label=label,
        family=family,
        depth=depth,
        twin=twin,
        members=tuple(group),
        layers=longest.telemetry.layers,
        time=_spread(times).mean,
        error=_spread([one.column(_ERROR[error]) for one in over]),
        test=_spread([one.column("test_error") for one in over]),
        response=_spread([one.matrix(one.telemetry.response_std) for one in over]),
        gradient=_spread([one.matrix(one.telemetry.gradient_norm) for one in over]),
        count=len(begun),
        forked_at=_fork_time(group[0], x) if record.parent else None,
    )


class _Resampled:
    """A run's measurements at the times of another; NaN outside its own."""

    def __init__(self, member: Member, grid: Floats) -> None:
        self.telemetry = member.telemetry
        self._own = _column(member.telemetry, "iteration")
        self._grid = grid
        self._same = np.array_equal(self._own, grid)

    def column(self, name: str) -> Floats:
        return self._at_grid(_column(self.telemetry, name))

    def matrix(self, values: Floats) -> Floats:
        if self._same:
            return values
        columns = [self._at_grid(values[:, layer]) for layer in range(values.shape[1])]
        return np.stack(columns, axis=1) if columns else np.empty((len(self._grid), 0))

    def _at_grid(self, values: Floats) -> Floats:
        there = ~np.isnan(values)
        if self._same or not there.any():
            return values if self._same else np.full(len(self._grid), np.nan)
        own = self._own[there]
        return np.interp(self._grid, own, values[there], left=np.nan, right=np.nan)


def _spread(parts: list[Floats]) -> Spread:
    if len(parts) == 1:
        return Spread(parts[0], parts[0], parts[0])
    stacked = np.ma.masked_invalid(np.stack(parts))
    mean, low, high = (
        part.filled(np.nan) for part in (stacked.mean(0), stacked.min(0), stacked.max(0))
    )
    return Spread(mean, low, high)


def _column(telemetry: Telemetry, name: str) -> Floats:
    if name not in telemetry.frame:
        return np.empty(0)
    return telemetry.frame[name].to_numpy(dtype=np.float64)


def _fork_time(member: Member, x: Axis) -> float | None:
    """When the parent was left, in the chart's units."""
    at = member.record.parent_iteration
    if at is None or x == "iterations":
        return None if at is None else float(at)
    if member.parent is None or member.parent.frame.empty:
        return None
    iterations = _column(member.parent, "iteration")
    return float(np.interp(at, iterations, _column(member.parent, _COLUMN[x])))


def _shift(member: Member, x: Axis) -> float:
    """What to add to a fork's own times so that it begins where it left its parent."""
    own = _column(member.telemetry, _COLUMN[x])
    if member.record.parent is None or not len(own):
        return 0.0
    left = _fork_time(member, x)
    return max(0.0, left - float(own[0])) if left is not None else 0.0
