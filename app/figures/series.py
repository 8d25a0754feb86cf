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
Indices = NDArray[np.intp]

_COLUMN = {"iterations": "iteration", "epochs": "epoch", "seconds": "seconds"}
_ERROR = {"fixed": "train_error", "running": "running_error"}


@dataclass(frozen=True)
class Member:
    """One run and its telemetry.

    Attributes:
        parent: telemetry of the run it was forked from, where that is known.
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
        key: identifies the curve as long as the same runs are shown.
        label: what the legend says, "plain-56".
        variant: how many curves of the same family and depth come before this one.
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
    variant: int
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
        """True for a network that was trained elsewhere; it has no curve."""
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
    result: list[Series] = []
    for label, group in zip(names, groups.values(), strict=True):
        family, depth = network_of(group[0].record)
        variant = sum(1 for other in result if (other.family, other.depth) == (family, depth))
        result.append(_series(group, label, family, depth, variant, x, error))
    return result


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
    variant: int,
    x: Axis,
    error: Measured,
) -> Series:
    # The common times are those of the longest run's records; other runs are interpolated.
    longest = max(group, key=lambda member: len(member.telemetry.frame))
    grid = _column(longest.telemetry, "iteration")
    # A run without measurements (queued, or with damaged files) adds nothing.
    begun = [member for member in group if len(member.telemetry.frame)] or group[:1]
    resampled = [_Resampled(member, grid) for member in begun]
    shifts = [_shift(member, x) for member in begun]
    times = [run.column(_COLUMN[x]) + shift for run, shift in zip(resampled, shifts, strict=True)]
    record = group[0].record
    return Series(
        key="-".join(sorted(member.record.id for member in group))[:120],
        label=label,
        family=family,
        depth=depth,
        variant=variant,
        members=tuple(group),
        layers=longest.telemetry.layers,
        time=_spread(times).mean,
        error=_spread([run.column(_ERROR[error]) for run in resampled]),
        test=_spread([run.column("test_error") for run in resampled]),
        response=_spread([run.matrix(run.telemetry.response_std) for run in resampled]),
        gradient=_spread([run.matrix(run.telemetry.gradient_norm) for run in resampled]),
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
        present = ~np.isnan(values)
        if self._same or not present.any():
            return values if self._same else np.full(len(self._grid), np.nan)
        own = self._own[present]
        return np.interp(self._grid, own, values[present], left=np.nan, right=np.nan)


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
    """Time of the fork, in the chart's units."""
    at = member.record.parent_iteration
    if at is None or x == "iterations":
        return None if at is None else float(at)
    if member.parent is None or member.parent.frame.empty:
        return None
    iterations = _column(member.parent, "iteration")
    return float(np.interp(at, iterations, _column(member.parent, _COLUMN[x])))


def _shift(member: Member, x: Axis) -> float:
    """Offset of a fork's times that lets it begin where it left its parent."""
    own = _column(member.telemetry, _COLUMN[x])
    if member.record.parent is None or not len(own):
        return 0.0
    fork_time = _fork_time(member, x)
    return max(0.0, fork_time - float(own[0])) if fork_time is not None else 0.0


def extremes(values: NDArray[np.floating], most: int) -> Indices:
    """Return the indices of about `most` points that draw the same line: first, last, and the
    least and the greatest of each chunk between. Missing values (NaN) are left out.

    Args:
        values: T, in the order of time.
    """
    present = np.flatnonzero(~np.isnan(values))
    if len(present) <= most:
        return present
    indices = [present[0], present[-1]]
    for chunk in np.array_split(present[1:-1], max(1, (most - 2) // 2)):
        part = values[chunk]
        indices += [chunk[part.argmin()], chunk[part.argmax()]]
    return np.unique(np.array(indices, dtype=np.intp))


def moments(matrices: list[NDArray[np.floating]], length: int, most: int) -> Indices:
    """Return the indices of at most `most` rows, evenly spaced, with the first, the last and
    each matrix's rows of least and greatest mean.

    Args:
        matrices: T, L each.
        length: T.
    """
    if length <= most:
        return np.arange(length)
    important = {0, length - 1}
    for matrix in matrices:
        if matrix.size:
            level = np.nan_to_num(np.nanmean(matrix, axis=1))
            important |= {int(level.argmin()), int(level.argmax())}
    even = np.linspace(0, length - 1, most - len(important)).round().astype(int)
    return np.array(sorted(important | set(even.tolist())), dtype=np.intp)


def smoothed(values: NDArray[np.floating], weight: float) -> NDArray[np.float64]:
    """Return the exponential moving average, corrected for its start; NaN stays NaN.

    Args:
        weight: of the past, 0 (no smoothing) to below 1.
    """
    result = np.array(values, dtype=np.float64)
    average, norm = 0.0, 0.0
    for index, value in enumerate(result):
        if not np.isnan(value):
            average = weight * average + (1 - weight) * value
            norm = weight * norm + (1 - weight)
            result[index] = average / norm
    return result
