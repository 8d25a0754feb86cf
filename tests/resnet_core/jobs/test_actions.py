"""Contract: each action that a state allows succeeds, each other one is refused."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from resnet_core.errors import WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import ALLOWED, Action, RunRecord, State

ARGUMENTS: dict[Action, tuple[int, ...]] = {"move": (1,), "fork": (20,)}


def run_in(state: State, experiment: Experiment) -> RunRecord:
    """A run with a checkpoint; a running one has this process as its worker."""
    (run,) = queue.submit([experiment])
    folder = of_run(run.id).checkpoint(20)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    if state == "running":
        store.of_home().claim()  # its pid is still to come
    elif state != "queued":
        store.of_home().change(run, {"queued"}, state=state)
    return queries.run(run.id)


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("action", get_args(Action))
def test_the_queue_accepts_exactly_the_allowed_actions(
    home: Path, experiment: Experiment, action: Action, state: State
) -> None:
    run = run_in(state, experiment)
    command = getattr(queue, action)
    if state in ALLOWED[action]:
        command(run.id, *ARGUMENTS.get(action, ()))
        return
    with pytest.raises(WrongState):
        command(run.id, *ARGUMENTS.get(action, ()))
    assert queries.run(run.id) == run
    assert of_run(run.id).kept_iterations() == [20]
