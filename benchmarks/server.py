"""The app's server as `streamlit run` starts it, for benchmarks that ask it something."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from resnet_core.system import home

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 60.0  # seconds; other work may keep the machine busy


class Server:
    """A server with a separate home folder and no warm workers; it ends with the block.

    Args:
        folder: the home folder.
        script: what is run: this app, or what it is measured against.
        torch: import torch into the server first.
    """

    def __init__(self, folder: Path, script: str = "app/main.py", torch: bool = False) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{_free_port()}"
        self._command = [
            *_streamlit(torch),
            "run",
            script,
            "--server.port",
            self.url[-5:].strip(":"),
        ]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env={**os.environ, home.VARIABLE: str(self.folder), **_QUIET},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait(10)

    def wait_for(self, sought: bytes, path: str = "/") -> None:
        """Ask until an answer holds this.

        Raises:
            TimeoutError: none does within a minute.
        """
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url + path, timeout=TIMEOUT) as answer:
                    if sought in answer.read():
                        return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
        raise TimeoutError(f"{self.url}{path} gave no {sought!r} within {TIMEOUT} s")

    def processor_seconds(self) -> float:
        """The CPU time that the server has used so far."""
        used = psutil.Process(self._process.pid).cpu_times()
        return float(used.user + used.system)


# No spare workers: their start would be measured with the pages.
_QUIET = {"RESIDUAL_PLAYGROUND_IDLE_SECONDS": "1", "RESIDUAL_PLAYGROUND_SPARES": "0"}


def _streamlit(torch: bool) -> list[str]:
    command = shutil.which("streamlit", path=str(Path(sys.executable).parent))
    assert command is not None, "streamlit is not installed beside this Python"
    script = "import sys, torch; from streamlit.web.cli import main; sys.exit(main())"
    return [sys.executable, "-c", script] if torch else [command]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
