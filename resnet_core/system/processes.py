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

# A process's creation time is computed from the machine's start, which moves when the clock is
# set; a pid is not used again within this time.
_CLOCK_SECONDS = 2.0


def created(pid: int) -> float | None:
    """Return the process's creation time, seconds since the epoch, or None where there is none."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def alive(pid: int, created_at: float | None) -> bool:
    """Return whether this very process runs; one that ended and was not collected does not."""
    try:
        process = psutil.Process(pid)
        same = created_at is None or abs(process.create_time() - created_at) < _CLOCK_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


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
    """Start `python -m resnet_core COMMAND` in a session of its own.

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
