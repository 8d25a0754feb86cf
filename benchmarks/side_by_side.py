"""Comparisons on a noisy machine: in turn, in one run, as ratios of medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """Seconds of several implementations of one thing.

    Attributes:
        seconds: of every round, by contender; the first contender is the alternative that
            the others are measured against.
    """

    seconds: Mapping[str, Sequence[float]]

    @property
    def names(self) -> list[str]:
        return list(self.seconds)

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def faster(self, name: str) -> float:
        """Return how many times as fast as the first contender it is."""
        return self.median(self.names[0]) / self.median(name)

    def cost(self, name: str) -> float:
        """Return by how many percent it is slower than the first contender."""
        return 100 * (self.median(name) / self.median(self.names[0]) - 1)


def compare(
    contenders: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = 1
) -> Comparison:
    """Time each contender once a round, in turn, so that what slows the machine slows all."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(warm_up + rounds):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            if number >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return Comparison(seconds)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown; all columns but the first are aligned to the right."""
    rule = [":---", *["---:"] * (len(headings) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, rule, *rows))
