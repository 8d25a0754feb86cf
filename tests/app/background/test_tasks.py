"""Tasks: one a key, and no end without a state."""

from __future__ import annotations

import errno
import logging
import os
import threading
from dataclasses import dataclass

import pytest

from app.background.tasks import Tasks, TaskState, command_error
from resnet_core.errors import PlaygroundError
from resnet_core.system.texts import Message
from tests.small_runs import wait_until

FAILED = "The measurement failed."


@dataclass(frozen=True)
class Count(TaskState):
    number: int = 0


@pytest.fixture
def tasks() -> Tasks[str, Count]:
    return Tasks("count", "export.unwritten", "measurement.failed")


def ended(tasks: Tasks[str, Count], key: str = "a") -> Count:
    wait_until(lambda: not tasks.running, "the end of the task", 60)
    state = tasks.state(key)
    assert state is not None
    return state


def test_a_second_start_changes_nothing_while_the_task_runs(tasks: Tasks[str, Count]) -> None:
    release, calls = threading.Event(), []

    def work() -> Count:
        calls.append(1)
        assert release.wait(60)
        return Count(2)

    tasks.start("a", Count(1), work)
    tasks.start("a", Count(7), work)
    tasks.start("b", Count(), lambda: Count(5))
    wait_until(lambda: tasks.state("b") == Count(5, done=True), "the other key's task", 60)
    assert tasks.state("a") == Count(1)
    release.set()
    assert ended(tasks) == Count(2, done=True)
    assert calls == [1]
    tasks.start("a", Count(), lambda: Count(3))
    assert ended(tasks) == Count(3, done=True)


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (PlaygroundError("export.failed"), "The export failed"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "(No space left on device)"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "(Read-only file system)"),
        (OSError("no errno"), "(no errno)"),
        (ZeroDivisionError("a fault"), "The measurement failed."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_task_that_raises_ends_with_its_error_and_can_be_started_again(
    tasks: Tasks[str, Count],
    raised: Exception,
    message: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def work() -> Count:
        raise raised

    tasks.start("a", Count(4), work)
    state = ended(tasks)
    assert state.done
    assert state.number == 4
    assert message in str(state.error)
    assert ("a fault" in caplog.text) == isinstance(raised, ZeroDivisionError)
    tasks.start("a", Count(), Count)
    assert ended(tasks).error is None


def test_a_forgotten_task_has_no_state(tasks: Tasks[str, Count]) -> None:
    release = threading.Event()
    tasks.start("a", Count(), lambda: release.wait(60) and Count(1))
    tasks.forget("a")
    release.set()
    tasks.report("a", Count(2))
    assert tasks.state("a") is None


@pytest.mark.parametrize(
    ("code", "output", "message"),
    [
        (2, f"note\n{Message('errors.system.no_space').dumps()}\n", "No space left on device"),
        (2, "note\nA plain sentence.\n", "A plain sentence."),
        (2, "", FAILED),
        (1, "Traceback\nMemoryError\n", FAILED),
        (-9, "The disk is full.", FAILED),
    ],
)
def test_a_command_has_a_sentence_for_the_reader_if_it_ends_with_2(
    code: int, output: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert str(command_error(["x"], code, output, "measurement.failed")) == message
    assert (message == FAILED) == bool(caplog.records)
