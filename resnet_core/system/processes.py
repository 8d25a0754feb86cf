"""Processes that outlive whoever started them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import psutil

from resnet_core.system import home
from resnet_core.system.liveness import alive, created

__all__ = ["alive", "created", "kill", "start"]


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
