from __future__ import annotations

import errno

import pytest
import torch

from resnet_core.errors import DataError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.worker.shell import bug_message, error_message
from resnet_core.runs.record import Job, RunRecord


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
