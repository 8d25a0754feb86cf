"""The same request again trains nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue
from resnet_core.jobs.adoption import adopt
from resnet_core.runs import queries, store
from resnet_core.runs.record import RunRecord


def put(run: RunRecord, state: str) -> None:
    store.of_home().change(run.id, {run.state}, "", state=state)


def test_what_is_not_there_is_queued_as_one_group(home: Path, experiment: Experiment) -> None:
    runs = adopt([experiment, experiment.changed(seed=1)], "paper-8000")
    assert [run.experiment.seed for run in runs] == [0, 1]
    assert {(run.state, run.group) for run in runs} == {("queued", "paper-8000")}


@pytest.mark.parametrize("state", ["finished", "queued", "running"])
def test_what_is_done_or_under_way_is_left_as_it_is(
    home: Path, experiment: Experiment, state: str
) -> None:
    (run,) = queue.submit([experiment])
    if state != "queued":
        put(run, state)
    (adopted,) = adopt([experiment], "again")
    assert (adopted.id, adopted.state) == (run.id, state)
    assert len(queries.runs()) == 1


@pytest.mark.parametrize("state", ["paused", "stopped", "interrupted", "failed"])
def test_what_was_begun_is_gone_on_with(home: Path, experiment: Experiment, state: str) -> None:
    (run,) = queue.submit([experiment])
    put(run, state)
    (adopted,) = adopt([experiment], "again")
    assert (adopted.id, adopted.state) == (run.id, "queued")


def test_of_several_the_finished_one_is_taken(home: Path, experiment: Experiment) -> None:
    first, second = queue.submit([experiment, experiment])
    put(first, "paused")
    put(second, "finished")
    (adopted,) = adopt([experiment], "again")
    assert adopted.id == second.id
    assert queries.run(first.id).state == "paused"


def test_a_diverged_run_is_not_taken_for_a_result(home: Path, experiment: Experiment) -> None:
    (run,) = queue.submit([experiment])
    put(run, "diverged")
    (adopted,) = adopt([experiment], "again")
    assert adopted.id != run.id


def test_another_setting_is_another_run(home: Path, experiment: Experiment) -> None:
    (run,) = queue.submit([experiment])
    put(run, "finished")
    (adopted,) = adopt([experiment.changed(learning_rate=0.05)], "again")
    assert adopted.id != run.id


def test_one_that_cannot_be_trained_changes_nothing(home: Path, experiment: Experiment) -> None:
    (run,) = queue.submit([experiment])
    put(run, "paused")
    with pytest.raises(InvalidSetting, match="batch_size"):
        adopt([experiment, experiment.changed(batch_size=4096)], "again")
    assert [one.state for one in queries.runs()] == ["paused"]
