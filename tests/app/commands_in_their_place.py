"""Commands that stand in for measuring commands, and the end of what was begun with them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from app.background import measurements

Started = list[list[str]]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Started]]:
    """Have the measuring command say this and end so; the commands that were asked for."""
    real = subprocess.Popen
    monkeypatch.setattr(measurements.Load, "by_others", lambda _: False)

    def arrange(output: str, code: int = 0, errors: str = "", seconds: float = 0.0) -> Started:
        started: Started = []
        script = (
            f"import sys, time; time.sleep({seconds}); print({output!r}); "
            f"print({errors!r}, file=sys.stderr); sys.exit({code})"
        )

        def start(command: list[str], **settings: object) -> subprocess.Popen[str]:
            started.append(command)
            return real([sys.executable, "-c", script], **settings)  # type: ignore[call-overload]

        monkeypatch.setattr(measurements.subprocess, "Popen", start)
        return started

    yield arrange
    for thread in threading.enumerate():
        if thread.name.startswith("measure "):
            measurements.make_way()
            thread.join(60)
            assert not thread.is_alive()
