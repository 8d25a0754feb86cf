from __future__ import annotations

import errno

import pytest
import torch

from resnet_core.errors import DataError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.worker.excuses import bug, excuse


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DataError("The folder is gone; choose another."), "The folder is gone; choose another."),
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
    found = excuse(error, Experiment.create(batch_size=128))
    assert found is not None
    assert found.startswith(sentence)
    assert "\n" not in found


def test_memory_suggests_a_batch_that_may_fit() -> None:
    found = excuse(MemoryError(), Experiment.create(batch_size=128))
    assert found is not None
    assert "such as 64" in found


@pytest.mark.parametrize("error", [ValueError("no"), OSError(errno.EACCES, "denied"), KeyError(1)])
def test_a_bug_is_called_one(error: Exception) -> None:
    assert excuse(error, Experiment()) is None
    assert type(error).__name__ in bug(error)
    assert "log" in bug(error)
