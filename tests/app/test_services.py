"""What pages ask for goes to the queue, and has the machine to itself where it trains."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app import services
from app.background import measurements
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue

pytestmark = pytest.mark.usefixtures("home")
COMMANDS: dict[str, Callable[[], object]] = {
    "submit": lambda: services.submit([Experiment()]),
    "resume": lambda: services.resume("run-1"),
    "retry": lambda: services.retry("run-1"),
    "fork": lambda: services.fork("run-1", 100, learning_rate=0.01),
    "pause": lambda: services.pause("run-1"),
    "stop": lambda: services.stop("run-1"),
    "move": lambda: services.move("run-1", 0),
    "delete": lambda: services.delete("run-1"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_measurement_makes_way_for_what_trains_and_for_nothing_else(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(queue, command, lambda *_, **__: done.append(command))
    monkeypatch.setattr(measurements, "make_way", lambda: done.append("make way"))
    monkeypatch.setattr(services, "ensure_supervisor", lambda: done.append("supervise"))
    COMMANDS[command]()
    # Queued first: a page that asks once more then sees that something is to be trained.
    trains = command in {"submit", "resume", "retry", "fork"}
    assert done == [command, *(["make way"] if trains else []), "supervise"]
