"""Forks: new runs from the checkpoints of others."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue
from resnet_core.runs.folder import of_run


def test_a_full_disk_is_named_as_the_reason(
    home: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    (parent,) = queue.submit([experiment])
    checkpoint = of_run(parent.id).checkpoint(5)
    checkpoint.mkdir(parents=True)
    (checkpoint / "model.safetensors").write_bytes(b"weights")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfile", full)
    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(PlaygroundError, match=r"could not be copied \(No space left on device\)"):
        queue.fork(parent.id, 5)
    assert [folder.name for folder in of_run(parent.id).path.parent.iterdir()] == [parent.id]
