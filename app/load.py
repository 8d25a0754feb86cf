"""How busy others keep the machine while something is measured."""

from __future__ import annotations

from time import monotonic

import psutil

from resnet_core.jobs import settings


class Load:
    """How busy the machine's processors are from now on."""

    def __init__(self) -> None:
        self._start, self._before = monotonic(), psutil.cpu_times()

    def by_others(self) -> bool:
        """Whether others left the measurement less than it could have used."""
        now, seconds = psutil.cpu_times(), monotonic() - self._start
        idle = (now.idle - self._before.idle) / max(seconds, 1e-3)
        cores = psutil.cpu_count() or 1
        own = min(settings.threads() or cores, cores)
        # With a core to spare nobody was in the way; without one, it was us or others.
        return cores - idle > own + 0.6 if cores > own else False
