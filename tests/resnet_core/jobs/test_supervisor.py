"""The supervisor's decisions."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import laboratories, queue, supervisor
from resnet_core.jobs.engine import Handle
from resnet_core.jobs.supervisor import Supervisor
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest
from resnet_core.runs import queries, store
from resnet_core.runs.record import RunRecord
from tests.tiny_laboratory import NAME, tiny

__all__ = ["tiny"]


class Books:
    """An engine that only keeps books; all its workers have this process's pid."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.started: list[str] = []
        self.refuses = False
        self.prepared = -1

    def prepare(self, free_slots: int) -> None:
        self.prepared = free_slots

    def start(self, job_id: str, folder: Path) -> Handle:
        assert folder.name == job_id
        if self.refuses:
            raise PlaygroundError("jobs.cannot_start_worker", error="no more processes")
        self.started.append(job_id)
        self.running.add(job_id)
        return Handle(job_id, os.getpid())

    def alive(self, handle: Handle) -> bool:
        return handle.job_id in self.running

    def kill(self, handle: Handle) -> None:
        self.running.discard(handle.job_id)

    def close(self) -> None: ...


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def chief(home: Path, books: Books, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    monkeypatch.setattr(supervisor, "_CHECK_SECONDS", -1.0)  # look at the workers in every step
    return Supervisor(store.of_home(), books, slots=2)


@pytest.fixture
def runs(chief: Supervisor, experiment: Experiment) -> list[RunRecord]:
    return queue.submit([experiment.changed(seed=seed) for seed in range(4)])


def states(runs: list[RunRecord]) -> list[str]:
    return [queries.run(run.id).state for run in runs]


def finish(run: RunRecord, books: Books) -> None:
    store.of_home().change(run, {"running"}, "", state="finished", pid=None)
    books.running.discard(run.id)


def test_it_starts_as_many_as_there_are_slots_in_order(
    chief: Supervisor, books: Books, runs: list[RunRecord]
) -> None:
    assert chief.step()
    chief.step()
    assert books.started == [runs[0].id, runs[1].id]
    assert states(runs) == ["running", "running", "queued", "queued"]
    assert queries.run(runs[0].id).pid == os.getpid()


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
    books.running.discard(runs[0].id)
    chief.step()
    dead = queries.run(runs[0].id)
    assert (dead.state, dead.pid) == ("interrupted", None)
    assert dead.ended is not None
    assert "near iteration 7" in dead.reason
    assert "starts from the beginning" in dead.reason
    assert states(runs)[1:] == ["running", "running", "queued"]


def test_last_words_stand_even_if_the_process_is_gone(
    chief: Supervisor, books: Books, runs: list[RunRecord]
) -> None:
    chief.step()
    stale = queries.run(runs[0].id)
    finish(runs[0], books)
    assert supervisor.end_if_dead(store.of_home(), stale, books.alive)
    assert queries.run(runs[0].id).state == "finished"


def test_a_worker_that_cannot_be_started_fails_its_run_only(
    chief: Supervisor, books: Books, runs: list[RunRecord]
) -> None:
    books.refuses = True
    chief.step()
    assert states(runs) == ["failed", "failed", "queued", "queued"]
    assert "close other programs" in queries.run(runs[0].id).reason
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
    store.of_home().change(claimed, {"running"}, "", heartbeat=long_ago)
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


@pytest.fixture
def lab_ids(tiny: None, home: Path) -> list[str]:
    return [laboratories.submit(LabRequest.create(NAME, steps=number)) for number in (1, 2, 3)]


def lab_states(ids: list[str]) -> list[str]:
    return [results.read(lab_id).state for lab_id in ids]


def finish_lab(lab_id: str) -> None:
    change(lab_id, state="finished", ended=time.time(), pid=None, pid_created=None)


def change(lab_id: str, **fields: object) -> None:
    job = store.of_home().job(lab_id)
    assert job is not None
    store.of_home().change(job, {"running"}, **fields)


def test_laboratories_run_one_at_a_time_in_the_order_of_requests(
    chief: Supervisor, books: Books, lab_ids: list[str]
) -> None:
    assert chief.step()
    assert chief.step()
    assert (books.started, lab_states(lab_ids)) == (lab_ids[:1], ["running", "queued", "queued"])
    finish_lab(lab_ids[0])
    chief.step()
    assert (books.started, lab_states(lab_ids)) == (lab_ids[:2], ["finished", "running", "queued"])


def test_a_laboratory_runs_beside_trainings_that_fill_all_slots(
    chief: Supervisor, books: Books, lab_ids: list[str], experiment: Experiment
) -> None:
    runs = queue.submit([experiment.changed(seed=seed) for seed in range(3)])
    chief.step()
    assert books.started == [runs[0].id, runs[1].id, lab_ids[0]]
    assert [queries.run(run.id).state for run in runs] == ["running", "running", "queued"]


def test_it_stays_while_a_laboratory_is_queued_or_runs(
    chief: Supervisor, books: Books, tiny: None
) -> None:
    assert not chief.step()
    lab_id = laboratories.submit(LabRequest.create(NAME))
    assert chief.step()
    assert chief.step()
    finish_lab(lab_id)
    assert not chief.step()


def test_the_next_laboratory_follows_a_dead_worker(
    chief: Supervisor, books: Books, lab_ids: list[str]
) -> None:
    chief.step()
    books.running.clear()
    chief.step()
    job = store.of_home().job(lab_ids[0])
    assert job is not None
    assert (job.state, job.pid) == ("interrupted", None)
    assert "worker was killed" in job.reason
    chief.step()
    assert lab_states(lab_ids) == ["interrupted", "running", "queued"]


def test_a_laboratorys_recorded_outcome_stands_even_if_its_process_is_gone(
    chief: Supervisor, books: Books, lab_ids: list[str]
) -> None:
    chief.step()
    books.running.clear()
    finish_lab(lab_ids[0])
    chief.step()
    assert lab_states(lab_ids)[0] == "finished"


def test_a_laboratory_whose_worker_cannot_be_started_fails_alone(
    chief: Supervisor, books: Books, lab_ids: list[str]
) -> None:
    books.refuses = True
    chief.step()
    assert lab_states(lab_ids) == ["failed", "queued", "queued"]
    assert "close other programs" in results.read(lab_ids[0]).reason
    books.refuses = False
    chief.step()
    chief.step()
    assert lab_states(lab_ids) == ["failed", "running", "queued"]


def test_a_laboratory_that_does_not_stop_is_killed(
    chief: Supervisor, books: Books, lab_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chief.step()
    laboratories.stop(lab_ids[0])
    chief.step()
    assert lab_states(lab_ids)[0] == "running"
    monkeypatch.setattr(supervisor, "_STOP_PATIENCE", -1.0)
    chief.step()
    chief.step()
    assert lab_states(lab_ids)[0] == "stopped"


def test_the_next_supervisor_adopts_a_laboratory(
    chief: Supervisor, books: Books, lab_ids: list[str]
) -> None:
    chief.step()
    again = Supervisor(store.of_home(), books, slots=2)
    again.step()
    assert (books.started, lab_states(lab_ids)) == (lab_ids[:1], ["running", "queued", "queued"])
    finish_lab(lab_ids[0])
    again.step()
    again.step()
    assert books.started == lab_ids[:2]
