"""The supervisor's decisions, with an engine that only keeps books."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue, supervisor
from resnet_core.jobs.engine import Handle
from resnet_core.jobs.supervisor import Supervisor
from resnet_core.runs import queries, store
from resnet_core.runs.record import RunRecord


class Books:
    """An engine whose workers are names in a set."""

    def __init__(self) -> None:
        self.running: set[int] = set()
        self.started: list[str] = []
        self.refuses = False
        self.prepared = -1

    def prepare(self, free_slots: int) -> None:
        self.prepared = free_slots

    def start(self, run_id: str, run_dir: Path) -> Handle:
        assert run_dir.name == run_id
        if self.refuses:
            raise PlaygroundError("The system cannot start a worker; close other programs.")
        self.started.append(run_id)
        self.running.add(1000 + len(self.started))
        return Handle(run_id, 1000 + len(self.started), 5.0)

    def alive(self, handle: Handle) -> bool:
        return handle.pid in self.running

    def kill(self, handle: Handle) -> None:
        self.running.discard(handle.pid or 0)

    def close(self) -> None: ...


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def chief(home: Path, books: Books, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    monkeypatch.setattr(supervisor, "_WATCH", -1.0)  # look at the workers in every step
    return Supervisor(store.of_home(), books, slots=2)


@pytest.fixture
def runs(chief: Supervisor, experiment: Experiment) -> list[RunRecord]:
    return queue.submit([experiment.changed(seed=seed) for seed in range(4)])


def states(runs: list[RunRecord]) -> list[str]:
    return [queries.run(run.id).state for run in runs]


def finish(run: RunRecord, books: Books) -> None:
    pid = queries.run(run.id).pid
    assert pid is not None
    store.of_home().change(run.id, {"running"}, "", state="finished", pid=None)
    books.running.discard(pid)


def test_it_starts_as_many_as_there_are_slots_in_order(
    chief: Supervisor, books: Books, runs: list[RunRecord]
) -> None:
    assert chief.step()
    chief.step()
    assert books.started == [runs[0].id, runs[1].id]
    assert states(runs) == ["running", "running", "queued", "queued"]
    assert queries.run(runs[0].id).pid == 1001


def test_a_slot_that_gets_free_goes_to_the_next(
    chief: Supervisor, books: Books, runs: list[RunRecord]
) -> None:
    chief.step()
    queue.move(runs[3].id, 1)
    finish(runs[0], books)
    chief.step()
    assert states(runs) == ["finished", "running", "queued", "running"]


def test_a_dead_worker_is_recorded_as_interrupted_with_advice(
    chief: Supervisor, books: Books, runs: list[RunRecord]
) -> None:
    chief.step()
    store.of_home().report(runs[0].id, iteration=7)
    books.running.discard(1001)
    chief.step()
    dead = queries.run(runs[0].id)
    assert (dead.state, dead.pid) == ("interrupted", None)
    assert dead.ended is not None
    assert "near iteration 7" in dead.exit_reason
    assert "starts from the beginning" in dead.exit_reason
    assert states(runs)[1:] == ["running", "running", "queued"]


def test_last_words_stand_even_if_the_process_is_gone(
    chief: Supervisor, books: Books, runs: list[RunRecord]
) -> None:
    chief.step()
    stale = queries.run(runs[0].id)
    finish(runs[0], books)
    assert supervisor.bury(store.of_home(), books.alive, stale)
    assert queries.run(runs[0].id).state == "finished"


def test_a_worker_that_cannot_be_started_fails_its_run_only(
    chief: Supervisor, books: Books, runs: list[RunRecord]
) -> None:
    books.refuses = True
    chief.step()
    assert states(runs) == ["failed", "failed", "queued", "queued"]
    assert "close other programs" in queries.run(runs[0].id).exit_reason
    books.refuses = False
    chief.step()
    assert states(runs)[2:] == ["running", "running"]


def test_a_claimed_run_without_a_worker_is_given_up_after_a_while(
    chief: Supervisor, runs: list[RunRecord]
) -> None:
    """The supervisor before this one died between its claim and the start."""
    claimed = store.of_home().claim()
    assert claimed is not None
    chief.step()
    assert queries.run(claimed.id).state == "running"
    long_ago = time.time() - 1000
    store.of_home().change(claimed.id, {"running"}, "", heartbeat=long_ago)
    chief.step()
    assert queries.run(claimed.id).state == "interrupted"


def test_it_knows_when_there_is_nothing_to_do(
    chief: Supervisor, books: Books, runs: list[RunRecord]
) -> None:
    for run in runs[1:]:
        queue.delete(run.id)
    assert chief.step()
    assert books.prepared == 2
    finish(runs[0], books)
    assert not chief.step()


def test_it_is_noticed_within_a_tenth_of_a_second() -> None:
    assert supervisor._TICK <= 0.1


def test_no_supervisor_runs_in_a_new_home(home: Path) -> None:
    assert not supervisor.is_running()
    (home / "supervisor.json").write_text("{")
    assert not supervisor.is_running()
    (home / "supervisor.json").write_text('{"pid": 999999999, "created": 1.0}')
    assert not supervisor.is_running()
