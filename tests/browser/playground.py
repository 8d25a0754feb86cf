"""The app as a person starts it: `streamlit run app/main.py`, with a home folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from resnet_core.system.home import VARIABLE
from tests.small_runs import wait_until

ROOT = Path(__file__).resolve().parents[2]


class Playground:
    """One server. It can be killed and started again on the same port, as after a power cut.

    Args:
        home: its home folder.
        environment: further variables; STREAMLIT_SERVER_BASE_URL_PATH sets its base path.
    """

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.port = _free_port()
        base = environment.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
        self.url = f"http://127.0.0.1:{self.port}{base}"
        self._environment = {**os.environ, VARIABLE: str(home), **environment}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, seconds: float = 120.0) -> None:
        """Start the server as the README says and wait until it is healthy."""
        # The command itself: `python -m streamlit` would put the repository on the path.
        command = shutil.which("streamlit", path=str(Path(sys.executable).parent))
        assert command is not None, "streamlit is not installed beside this Python"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [command, "run", "app/main.py", "--server.port", str(self.port)],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(self._healthy, "the server's health", seconds, every=0.05)
        except TimeoutError as error:
            raise AssertionError(f"{error}; it said:\n{self.said()}") from error

    def kill(self) -> None:
        """End the server alone, at once and without a word to it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(60)

    def close(self) -> None:
        """End the server and every process that serves its home folder."""
        if self.running:
            self.kill()
        left = list(self._processes())
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=10)

    def said(self) -> str:
        """The server's log."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def _log(self) -> Path:
        return self.home.with_name(f"{self.home.name}-server.log")

    def _healthy(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the server ended; it said:\n{self.said()}")
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _processes(self) -> Iterator[psutil.Process]:
        """Supervisor, spare and workers: detached on purpose, but all know their home."""
        for process in psutil.process_iter():
            try:
                if process.environ().get(VARIABLE) == str(self.home):
                    yield process
            except (psutil.Error, OSError):
                continue


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
