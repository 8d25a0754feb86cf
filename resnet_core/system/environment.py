"""What a machine's owner may set by environment variable; everything has a default."""

from __future__ import annotations

import math
import os
import sys

from resnet_core.errors import InvalidSetting


def slots() -> int:
    """Runs that train at the same time (RESIDUAL_PLAYGROUND_SLOTS).

    Four, so that the four networks of the puzzle move together, on one core or one GPU alike.
    """
    return _whole("RESIDUAL_PLAYGROUND_SLOTS", 4, least=1)


def forks() -> bool:
    """Whether a spare worker forks (RESIDUAL_PLAYGROUND_FORK, 1 or 0; by default on Linux).

    Forking a process that has torch imported takes 25 ms and shares its 450 MB. Elsewhere
    system libraries may have started threads by then, or there is no fork.
    """
    return bool(_whole("RESIDUAL_PLAYGROUND_FORK", int(sys.platform.startswith("linux")), least=0))


def spares() -> int:
    """Workers kept ready with torch imported (RESIDUAL_PLAYGROUND_SPARES); 0: none.

    Where a spare can fork, one serves every run.
    """
    wanted = _whole("RESIDUAL_PLAYGROUND_SPARES", 2, least=0)
    return min(wanted, 1) if forks() else wanted


def threads() -> int | None:
    """Threads of each worker on the CPU (RESIDUAL_PLAYGROUND_THREADS); None: as torch decides.

    One where several runs share the machine: threads that wait for each other's cores are slower
    than none.
    """
    given = _whole("RESIDUAL_PLAYGROUND_THREADS", 0, least=0)
    return given or (1 if slots() > 1 else None)


def laboratory_threads() -> int:
    """Threads of a laboratory's worker on the CPU (RESIDUAL_PLAYGROUND_THREADS); by default one.

    A ResNet-20 of width 8 evaluates 1000 images in 0.06 s on two threads where nothing else
    runs, in 0.09 s on one; beside two busy processes it takes 1 to 6 s on two, 0.16 s on one.
    """
    return _whole("RESIDUAL_PLAYGROUND_THREADS", 0, least=0) or 1


def cuda_graphs() -> bool:
    """Whether training on a GPU uses CUDA graphs (RESIDUAL_PLAYGROUND_CUDA_GRAPHS, 1 or 0)."""
    return bool(_whole("RESIDUAL_PLAYGROUND_CUDA_GRAPHS", 1, least=0))


def checkpoint_seconds() -> float:
    """Seconds between two checkpoints (RESIDUAL_PLAYGROUND_CHECKPOINT_SECONDS): what a power cut
    may cost at most."""
    return _positive("RESIDUAL_PLAYGROUND_CHECKPOINT_SECONDS", 30.0)


def idle_seconds() -> float:
    """Seconds for which the supervisor waits for work (RESIDUAL_PLAYGROUND_IDLE_SECONDS)."""
    return _positive("RESIDUAL_PLAYGROUND_IDLE_SECONDS", 60.0)


def _whole(variable: str, default: int, least: int) -> int:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) < least:
        raise InvalidSetting(variable, "environment.whole", given=text[:40], least=least)
    return int(text)


def _positive(variable: str, default: float) -> float:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InvalidSetting(variable, "environment.seconds", given=text[:40])
    return value
