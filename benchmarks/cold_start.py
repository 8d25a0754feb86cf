"""From the command to a useful picture: the server without torch, and what torch would add."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.side_by_side import compare, table
from resnet_core import home

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 60.0


def sections(quick: bool) -> Iterator[str]:
    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = {**os.environ, home.VARIABLE: folder, "RESIDUAL_PLAYGROUND_IDLE_SECONDS": "1"}
        found = compare(
            {
                "the server with torch imported as well": lambda: _started(environment, torch=True),
                "this project's server": lambda: _started(environment, torch=False),
            },
            rounds,
        )
    rows = [
        (name, f"{found.median(name):.2f}", f"{found.faster(name):.1f}") for name in found.names
    ]
    headings = ("from the command to the home page's curves", "s, median", "times as fast")
    yield f"## Cold start\n\n{table(headings, rows)}\n"


def _started(environment: dict[str, str], torch: bool) -> None:
    """Start the server and wait until the home page comes with its recorded curves in it."""
    port = _free_port()
    command = shutil.which("streamlit", path=str(Path(sys.executable).parent))
    assert command is not None
    script = "import sys, torch; from streamlit.web.cli import main; sys.exit(main())"
    first = [sys.executable, "-c", script] if torch else [command]
    process = subprocess.Popen(
        [*first, "run", "app/main.py", "--server.port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_picture(f"http://127.0.0.1:{port}/")
    finally:
        process.kill()
        process.wait(10)


def _wait_for_picture(url: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:
                if b'id="pg-first"' in answer.read():
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise TimeoutError(f"{url} gave no picture within {_PATIENCE} s")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
