"""What can be told to a run that was trained elsewhere: only to go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from resnet_core.errors import RunNotFound, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue
from resnet_core.runs import queries, staging, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord


@pytest.fixture
def run(home: Path) -> RunRecord:
    with staging.staged() as folder:
        (folder / "model.safetensors").write_bytes(b"weights")
        found = RunRecord(folder.name, Experiment(), "imported", 1.0, test_error=8.4)
        store.of_home().adopt(found, folder)
    return found


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (queue.pause, "resnet-20 · imported is imported; only a queued or running run can be"),
        (queue.stop, "only a queued or running run can be stopped"),
        (queue.resume, "it was trained elsewhere, so there is no training here to go on with"),
        (queue.retry, "there is no training here to repeat"),
        (lambda run_id: queue.fork(run_id, 0), "with what recipe it was trained is not known"),
        (lambda run_id: queue.move(run_id, 1), "only queued runs can be moved"),
    ],
)
def test_it_is_refused_in_a_sentence(
    run: RunRecord, command: Callable[[str], object], sentence: str
) -> None:
    with pytest.raises(WrongState, match=sentence):
        command(run.id)
    assert queries.run(run.id) == run


def test_it_is_deleted_with_its_folder(run: RunRecord) -> None:
    queue.delete(run.id)
    with pytest.raises(RunNotFound):
        queries.run(run.id)
    assert not of_run(run.id).path.exists()
