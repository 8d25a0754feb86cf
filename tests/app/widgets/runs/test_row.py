"""Contract: each action that a row offers, the queue accepts; a paused run is not offered Stop."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from app import services
from app.widgets.runs import row
from resnet_core.runs import queries, store
from resnet_core.runs.record import State
from tests.app.runs_on_record import put_on_record

IN_QUEUE = 3


@pytest.mark.parametrize("state", get_args(State))
def test_each_offered_action_succeeds(
    home: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "ensure_supervisor", lambda: None)
    offered = row.allowed(put_on_record("run-1", state=state), IN_QUEUE)
    commands = [command for name in offered if (command := row.OFFERS[name].perform)]
    for command in commands:
        for run in queries.runs():
            store.of_home().database.write(
                lambda c, run=run: c.execute("DELETE FROM job WHERE id = ?", (run.id,))
            )
        run = put_on_record("run-1", state=state)
        command(run)


def test_stop_is_offered_to_active_runs_only(home: Path) -> None:
    offering = {
        state
        for state in get_args(State)
        if "stop" in row.allowed(put_on_record(f"run-{state}", state=state), IN_QUEUE)
    }
    assert offering == {"queued", "running"}
