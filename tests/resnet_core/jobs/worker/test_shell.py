""""""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

from resnet_core.errors import DataError, PlaygroundError, RunNotFound
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.worker import shell
from resnet_core.jobs.worker.shell import Progress, Requests, bug_message, error_message
from resnet_core.runs.record import Job, RunRecord


@dataclass
class Index:
    """Notes what a store would be told, and when."""

    clock: list[float]
    reports: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    request: str | None = None
    error: Exception | None = None

    def report(self, run_id: str, **fields: Any) -> str | None:
        if self.error:
            raise self.error
        self.reports.append((self.clock[0], fields))
        return self.request

    def requested(self, run_id: str) -> str | None:
        self.looks.append(self.clock[0])
        return self.request


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Index:
    clock = [100.0]
    monkeypatch.setattr(shell.time, "monotonic", lambda: clock[0])
    return Index(clock)


def run(index: Index, seconds: float, each: float) -> Progress:
    told = Progress(Requests(index, "run-0001"), batch_size=10)  # type: ignore[arg-type]
    for step in range(1, round(seconds / each) + 1):
        index.clock[0] += each
        told.stepped(step, step * each)
    return told


def test_it_reports_at_most_four_times_and_listens_at_most_twenty_times_a_second(
    index: Index,
) -> None:
    run(index, seconds=2.0, each=0.001)
    assert 7 <= len(index.reports) <= 9
    assert 25 <= len(index.looks) + len(index.reports) <= 41


def test_slow_steps_are_each_reported(index: Index) -> None:
    run(index, seconds=10.0, each=1.0)
    assert [fields["iteration"] for _, fields in index.reports] == list(range(1, 11))


def test_the_rate_is_that_of_the_last_seconds(index: Index) -> None:
    run(index, seconds=30.0, each=0.1)
    assert index.reports[-1][1]["images_per_second"] == pytest.approx(100.0, rel=0.01)
    assert "images_per_second" not in index.reports[0][1]


def test_a_request_is_heard_within_a_twentieth_of_a_second(index: Index) -> None:
    told = run(index, seconds=1.0, each=0.001)
    index.request = "pause"
    asked = index.clock[0]
    while told.stepped(2000, 2.0) is None:
        index.clock[0] += 0.001
    assert index.clock[0] - asked <= 0.051


def test_a_deleted_run_stops(index: Index) -> None:
    told = run(index, seconds=1.0, each=0.1)
    index.error = RunNotFound("gone")
    index.clock[0] += 1
    assert told.stepped(99, 9.0) == "stop"


def test_very_slow_steps_have_a_rate_too(index: Index) -> None:
    run(index, seconds=100.0, each=20.0)
    assert index.reports[-1][1]["images_per_second"] == pytest.approx(0.5)


def test_training_goes_on_without_the_index_and_tells_it_later(index: Index) -> None:
    told = run(index, seconds=1.0, each=0.1)
    index.error = PlaygroundError(
        "stored", text="The index of runs cannot be used: another program holds it."
    )
    index.clock[0] += 1
    assert told.stepped(50, 5.0) is None
    index.error = None
    index.clock[0] += 1
    told.stepped(51, 5.1)  # not at once: each try may take long
    index.clock[0] += 5
    told.stepped(52, 5.2)
    assert index.reports[-1][1]["iteration"] == 52


def training() -> RunRecord:
    experiment = Experiment.create(batch_size=128)
    return RunRecord(id="20260101-abcdef", experiment=experiment, state="running", created=0.0)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            DataError("stored", text="The folder is gone; choose another."),
            "The folder is gone; choose another.",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full. Free some space"),
        (OSError(errno.EFBIG, "File too large"), "The disk is full. Free some space"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried ..."), "The GPU's memory is full."),
        (MemoryError(), "Memory is full."),
        (
            RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate ..."),
            "Memory is full.",
        ),
        (RuntimeError("CUDA error: device-side assert triggered\nmore"), "The GPU stopped working"),
    ],
)
def test_expected_failures_have_a_sentence(error: Exception, sentence: str) -> None:
    found = error_message(error, training())
    assert found is not None
    assert str(found).startswith(sentence)
    assert "\n" not in str(found)


def test_memory_suggests_a_batch_that_may_fit() -> None:
    found = error_message(MemoryError(), training())
    assert found is not None
    assert "such as 64" in str(found)


@pytest.mark.parametrize("error", [ValueError("no"), OSError(errno.EACCES, "denied"), KeyError(1)])
def test_a_bug_is_called_one(error: Exception) -> None:
    for job in (training(), Job(id="lesion-0123456789ab", state="running", created=0.0)):
        assert error_message(error, job) is None
        assert type(error).__name__ in str(bug_message(error, job))
        assert "log" in str(bug_message(error, job))
