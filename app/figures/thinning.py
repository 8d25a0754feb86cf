"""Fewer points for the same picture: a panel has a few hundred pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]


def extremes(values: NDArray[np.floating], most: int) -> Indices:
    """Indices of about `most` points that draw the same line: first, last, and the least and
    the greatest of each stretch between. Missing values (NaN) are left out.

    Args:
        values: T, in the order of time.
    """
    there = np.flatnonzero(~np.isnan(values))
    if len(there) <= most:
        return there
    stretches = np.array_split(there[1:-1], max(1, (most - 2) // 2))
    picked = [there[0], there[-1]]
    for stretch in stretches:
        part = values[stretch]
        picked += [stretch[part.argmin()], stretch[part.argmax()]]
    return np.unique(np.array(picked, dtype=np.intp))


def moments(rows: list[NDArray[np.floating]], length: int, most: int) -> Indices:
    """Indices of at most `most` rows, evenly spaced: first, last, and where any column of
    the matrices has its least or greatest mean over time stays in.

    Args:
        rows: matrices T, L that are looked at together.
        length: T.
    """
    if length <= most:
        return np.arange(length)
    marked = {0, length - 1}
    for matrix in rows:
        if matrix.size:
            level = np.nan_to_num(np.nanmean(matrix, axis=1))
            marked |= {int(level.argmin()), int(level.argmax())}
    even = np.linspace(0, length - 1, most - len(marked)).round().astype(int)
    return np.array(sorted(marked | set(even.tolist())), dtype=np.intp)


def smoothed(values: NDArray[np.floating], weight: float) -> NDArray[np.float64]:
    """Exponential moving average, corrected for its start; missing values stay missing.

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
