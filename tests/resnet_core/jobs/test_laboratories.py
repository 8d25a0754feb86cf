"""The supervisor's decisions about laboratories, with an engine that only keeps books."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import laboratories, queue, supervisor
from resnet_core.jobs.engine import Handle
from resnet_core.jobs.supervisor import Supervisor
from resnet_core.labs import line, status
from resnet_core.labs.results import requests, results
from resnet_core.labs.results.folder import of_result
from resnet_core.labs.results.request import Order
from resnet_core.runs import queries, store
from tests.tiny_laboratory import NAME, tiny

__all__ = ["tiny"]


class Books:
    """An engine whose workers are names; all of them have this process's pid."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.dead: set[str] = set()
        self.refuses = False

    def prepare(self, free_slots: int) -> None: ...

    def start(self, run_id: str, run_dir: Path) -> Handle:
        assert run_dir.name == run_id
        if self.refuses:
            raise PlaygroundError("The system cannot start a worker; close other programs.")
        self.started.append(run_id)
        return Handle(run_id, os.getpid(), None)

    def alive(self, handle: Handle) -> bool:
        return handle.run_id not in self.dead

    def kill(self, handle: Handle) -> None:
        self.dead.add(handle.run_id)

    def close(self) -> None: ...


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def chief(home: Path, books: Books, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    monkeypatch.setattr(supervisor, "_WATCH", -1.0)  # look at the workers in every step
    monkeypatch.setattr(laboratories, "_WATCH", -1.0)
    return Supervisor(store.of_home(), books, slots=2)


@pytest.fixture
def asked(tiny: None, home: Path) -> list[str]:
    return [requests.submit(Order.create(NAME, steps=number)) for number in (1, 2, 3)]


def states(ids: list[str]) -> list[str]:
    return [results.read(lab_id).state for lab_id in ids]


def finish(lab_id: str) -> None:
    ended = {"state": "finished", "ended": time.time(), "pid": None, "pid_created": None}
    assert status.change(of_result(lab_id), {"running"}, **ended)


def test_one_at_a_time_in_the_order_of_asking(
    chief: Supervisor, books: Books, asked: list[str]
) -> None:
    assert chief.step()
    assert chief.step()
    assert (books.started, states(asked)) == (asked[:1], ["running", "waiting", "waiting"])
    finish(asked[0])
    chief.step()  # leaves the line
    chief.step()
    assert (books.started, states(asked)) == (asked[:2], ["finished", "running", "waiting"])


def test_beside_runs_that_fill_all_slots(
    chief: Supervisor, books: Books, asked: list[str], experiment: Experiment
) -> None:
    runs = queue.submit([experiment.changed(seed=seed) for seed in range(3)])
    chief.step()
    assert books.started == [runs[0].id, runs[1].id, asked[0]]
    assert [queries.run(run.id).state for run in runs] == ["running", "running", "queued"]


def test_it_does_not_go_while_a_laboratory_waits_or_runs(
    chief: Supervisor, books: Books, tiny: None
) -> None:
    assert not chief.step()
    lab_id = requests.submit(Order.create(NAME))
    assert chief.step()
    assert chief.step()
    finish(lab_id)
    assert chief.step()
    assert not chief.step()
    assert line.ids() == []


def test_a_dead_worker_makes_way(chief: Supervisor, books: Books, asked: list[str]) -> None:
    chief.step()
    books.dead.add(asked[0])
    chief.step()
    found = status.read(of_result(asked[0]))
    assert (found.state, found.pid) == ("failed", None)
    assert "worker was killed" in found.reason
    chief.step()
    chief.step()
    assert states(asked) == ["failed", "running", "waiting"]


def test_last_words_stand_even_if_the_process_is_gone(
    chief: Supervisor, books: Books, asked: list[str]
) -> None:
    chief.step()
    books.dead.add(asked[0])
    finish(asked[0])
    chief.step()
    assert states(asked)[0] == "finished"


def test_a_worker_that_cannot_be_started_fails_its_own_only(
    chief: Supervisor, books: Books, asked: list[str]
) -> None:
    books.refuses = True
    chief.step()
    assert states(asked) == ["failed", "waiting", "waiting"]
    assert "close other programs" in results.read(asked[0]).reason
    books.refuses = False
    chief.step()
    chief.step()
    assert states(asked) == ["failed", "running", "waiting"]


def test_a_worker_that_does_not_stop_is_killed(
    chief: Supervisor, books: Books, asked: list[str]
) -> None:
    chief.step()
    requests.stop(asked[0])
    chief.step()
    assert states(asked)[0] == "running"
    long_ago = time.time() - 100
    os.utime(of_result(asked[0]).stop, (long_ago, long_ago))
    chief.step()
    chief.step()
    assert states(asked)[0] == "stopped"


def test_unreadable_folders_hold_nobody_up(
    chief: Supervisor, books: Books, asked: list[str]
) -> None:
    shutil.rmtree(of_result(asked[0]).path)
    of_result(asked[1]).state.write_text("{")
    line.join("tiny-00000000ffff")
    for _ in range(4):
        chief.step()
    assert books.started == [asked[2]]


def test_the_next_supervisor_goes_on(chief: Supervisor, books: Books, asked: list[str]) -> None:
    chief.step()
    again = Supervisor(store.of_home(), books, slots=2)
    again.step()
    assert (books.started, states(asked)) == (asked[:1], ["running", "waiting", "waiting"])
    finish(asked[0])
    again.step()
    again.step()
    assert books.started == asked[:2]


def test_a_look_costs_little(chief: Supervisor, tiny: None) -> None:
    for number in range(1, 101):
        lab_id = requests.submit(Order.create(NAME, steps=number))
        line.leave(lab_id)
    seen = laboratories.Laboratories(Books())
    start = time.perf_counter()
    for _ in range(100):
        assert not seen.step()
    assert (time.perf_counter() - start) / 100 < 0.01  # of twenty looks a second
