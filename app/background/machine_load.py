"""How busy others keep the machine while something is measured."""

from __future__ import annotations

from time import monotonic

import psutil

from resnet_core.system import environment


class Load:
    """How busy the machine's processors are from now on."""

    def __init__(self) -> None:
        self._start, self._before = monotonic(), psutil.cpu_times()

    def by_others(self) -> bool:
        """Whether others left the measurement less than it could have used."""
        idle, own, cores = self._cores()
        # With a core to spare nobody was in the way; without one, it was us or others.
        return cores - idle > own + 0.6 if cores > own else False

    def left_enough(self) -> bool:
        """Whether a measurement, had there been one, could have used all that it would use."""
        idle, own, _ = self._cores()
        return idle > own - 0.4

    def _cores(self) -> tuple[float, int, int]:
        """Cores: left idle on average, used by a measurement, and all."""
        now, seconds = psutil.cpu_times(), monotonic() - self._start
        idle = (now.idle - self._before.idle) / max(seconds, 1e-3)
        cores = psutil.cpu_count() or 1
        return idle, min(environment.threads() or cores, cores), cores
