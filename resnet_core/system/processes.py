"""Processes that outlive the one that started them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import psutil

from resnet_core.system import home

# Times of creation above this are since the epoch, as earlier versions stored them; the others are
# since the machine's start (31 years of which have passed nowhere).
_EPOCH = 1e9
# On Linux a time since the epoch moves when the clock is set; a pid is not used again so soon.
_CLOCK_SECONDS = 2.0
_TICK_SECONDS = 0.05


def created(pid: int) -> float | None:
    """Return a time that, with the pid, tells a process from all others; None where there is none.

    On Linux seconds since the machine's start, which setting the clock does not change; elsewhere
    since the epoch, as the system itself has stored them.
    """
    try:
        since_start = _since_start(pid)
        return float(psutil.Process(pid).create_time()) if since_start is None else since_start
    except (psutil.Error, ValueError, OverflowError):
        return None


def alive(pid: int, created_at: float | None) -> bool:
    """Return whether this very process runs; one that ended and was not collected does not."""
    try:
        process = psutil.Process(pid)
        same = created_at is None or _is_same(process, created_at)
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return False
    except psutil.AccessDenied:
        return True


def _is_same(process: psutil.Process, created_at: float) -> bool:
    if created_at > _EPOCH:
        return abs(process.create_time() - created_at) < _CLOCK_SECONDS
    now = created(process.pid)
    return now is not None and abs(now - created_at) < _TICK_SECONDS


def _since_start(pid: int) -> float | None:
    """Return when a process was created, seconds since the machine's start; None off Linux."""
    if sys.platform != "linux":
        return None
    try:
        text = Path(f"/proc/{int(pid)}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    ticks = text.rpartition(")")[2].split()[19]  # starttime, the 22nd field; names hold anything
    return int(ticks) / os.sysconf("SC_CLK_TCK")


def kill(pid: int, created_at: float | None) -> None:
    """End this very process at once; one that has ended is left alone."""
    if alive(pid, created_at):
        try:
            psutil.Process(pid).kill()
        except psutil.NoSuchProcess:
            return


def start(
    command: Sequence[str],
    *,
    stdin: int | IO[str] = subprocess.DEVNULL,
    stdout: int | IO[str] | IO[bytes] = subprocess.DEVNULL,
    stderr: int | None = subprocess.STDOUT,
) -> subprocess.Popen[str]:
    """Start `python -m resnet_core COMMAND` in a new session.

    Ctrl-C in the terminal, the end of the web server and a closed window do not reach it.

    Args:
        stderr: by default where `stdout` goes; None: where this process's own goes.

    Raises:
        OSError: the system cannot start another process.
    """
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        home.VARIABLE: str(home.home()),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "resnet_core", *command],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=environment,
        text=True,
        start_new_session=os.name != "nt",
        creationflags=_windows_flags(),
    )


def _windows_flags() -> int:
    if sys.platform != "win32":
        return 0
    return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
