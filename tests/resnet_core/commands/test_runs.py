from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue, supervisor
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Takes the supervisor's place; notes that it was asked for."""
    asked: list[bool] = []
    monkeypatch.setattr(supervisor, "ensure_running", lambda: asked.append(True))
    return asked


@pytest.fixture
def runs(home: Path, small_data: Path) -> list[RunRecord]:
    names = ("first", "[red]second", "third")
    return queue.submit(
        [
            Experiment.create(
                name=name, data=str(small_data), batch_size=8, network="cifar/plain-8"
            )
            for name in names
        ]
    )


def test_no_runs(call: Callable) -> None:
    assert call("runs", "list", "--json").json == []
    assert "train --preset one-minute" in call("runs", "list").out


def test_the_list(call: Callable, runs: list[RunRecord]) -> None:
    said = call("runs", "list")
    for run in runs:
        assert run.id in said.out
    assert "[red]second" in said.out
    listed = call("runs", "list", "--json").json
    assert {run["id"] for run in listed} == {run.id for run in runs}
    assert listed[0]["network"] == "cifar/plain-8"
    assert listed[0]["state"] == "queued"
    assert {"seed", "data", "iteration", "iterations", "train_error", "title"} <= set(listed[0])


def test_one_run(call: Callable, runs: list[RunRecord]) -> None:
    shown = call("runs", "show", runs[0].id, "--json").json
    assert shown["experiment"]["batch_size"] == 8
    assert shown["fork_points"] == []
    assert Path(shown["folder"]) == of_run(runs[0].id).path
    assert "batch_size" in call("runs", "show", runs[0].id).out


def test_runs_that_are_not_there(call: Callable) -> None:
    for command in ("show", "pause", "resume", "stop", "retry", "delete", "log"):
        said = call("runs", command, "20260101-abcdef")
        assert said.code == 2
        assert "no run '20260101-abcdef'" in said.err


def test_acting_on_a_run(call: Callable, runs: list[RunRecord], wanted: list[bool]) -> None:
    first, second, third = (run.id for run in runs)
    assert "is queued, place 1" in call("runs", "move", third, "1").out
    assert "is paused" in call("runs", "pause", first).out
    assert "is queued, place 3" in call("runs", "resume", first).out
    assert "is stopped" in call("runs", "stop", second).out
    assert call("runs", "retry", second).code == 0
    store.of_home().claim()
    assert "is asked to pause" in call("runs", "pause", third).out
    assert len(wanted) == 6
    refused = call("runs", "delete", third)
    assert refused.code == 2
    assert "stop it first" in refused.err
    assert call("runs", "delete", first, second).code == 0
    assert [run.id for run in queries.runs()] == [third]


def test_a_dead_worker_is_told_without_a_supervisor(call: Callable, runs: list[RunRecord]) -> None:
    store.of_home().claim()
    store.of_home().report(runs[0].id, pid=999_999_999, pid_created=1.0)
    listed = call("runs", "list", "--json").json
    assert listed[-1]["state"] == "interrupted"


def test_the_log(call: Callable, runs: list[RunRecord]) -> None:
    of_run(runs[0].id).log.write_text("one\ntwo\nthree\n")
    assert call("runs", "log", runs[0].id, "-n", "2").out == "two\nthree\n"


def test_a_fork(call: Callable, runs: list[RunRecord], wanted: list[bool]) -> None:
    path = of_run(runs[0].id).checkpoint(20)
    path.mkdir(parents=True)
    said = call("runs", "fork", runs[0].id, "--learning-rate", "0.5", "--no-flip", "--json")
    assert said.code == 0, said.err
    child = said.json
    assert (child["parent"], child["parent_iteration"]) == (runs[0].id, 20)
    assert child["experiment"]["learning_rate"] == 0.5
    assert child["experiment"]["flip"] is False
    assert wanted
    refused = call("runs", "fork", runs[0].id, "--at", "21")
    assert refused.code == 2
    assert refused.err.startswith("iteration: ")
