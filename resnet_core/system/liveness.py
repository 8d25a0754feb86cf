"""Whether a process still runs, told apart from later ones with the same pid."""

from __future__ import annotations

import psutil

# A process's creation time is computed from the machine's start, which moves when the clock is
# set; a pid is not used again within this time.
_CLOCK_SECONDS = 2.0


def created(pid: int) -> float | None:
    """When the process was created, seconds since the epoch; None where there is none."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def alive(pid: int, created_at: float | None) -> bool:
    """Whether this very process still runs; one that ended and was not collected does not."""
    try:
        process = psutil.Process(pid)
        same = created_at is None or abs(process.create_time() - created_at) < _CLOCK_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
