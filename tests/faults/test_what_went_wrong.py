"""Faults that were seen once, each with what is right: see docs/reliability.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue, supervisor
from resnet_core.jobs.engine import LocalProcesses
from resnet_core.runs import imported, store
from resnet_core.runs.database import Database
from resnet_core.runs.folder import of_run, read_laboratory
from resnet_core.system import home as home_folder
from resnet_core.system import processes
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Started

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system stores the time")
def test_a_process_is_known_after_the_clock_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    pid = os.getpid()
    created = processes.created(pid)
    clock = processes.psutil.Process.create_time
    monkeypatch.setattr(processes.psutil.Process, "create_time", lambda p: clock(p) + 3600)
    assert processes.alive(pid, created)
    assert created is not None
    assert not processes.alive(pid, created + 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b'{"pid": -5, "created": 1.0}',
        b'{"pid": 0, "created": 1.0}',
        b'{"pid": "word", "created": 1.0}',
        b'{"pid": 1e999, "created": 1.0}',
        b'{"pid": 99999999999999999999, "created": 1.0}',
        b'{"pid": 5, "created": 1.0, "index_version": "word"}',
        b"[1, 2]",
    ],
)
def test_a_damaged_supervisor_file_counts_as_absent(content: bytes) -> None:
    (home_folder.home() / "supervisor.json").write_bytes(content)
    assert not supervisor.is_running()


def test_the_supervisor_writes_its_file_again_when_it_is_damaged() -> None:
    supervisor._write_identity(home_folder.home())
    (home_folder.home() / "supervisor.json").write_bytes(b"")
    supervisor._write_identity(home_folder.home())
    assert supervisor.is_running()


@pytest.mark.parametrize("changed", [{"classes": "ten"}, {"file": 3}, {"warning": None}])
def test_a_wrong_type_in_an_imports_description_is_that_rows_fault(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    values = dict(file="a", sha256="b", form="c", normalization="cifar", mean_of="", classes=10,
                  images=1, warning="")  # fmt: skip
    path = tmp_path / "imported.json"
    path.write_text(json.dumps({**values, **changed}))
    with pytest.raises(TypeError):
        imported._read(path, 1, 1)


@pytest.mark.parametrize(
    "values",
    [{"state": 3}, {"state": "finished", "asked": "soon"}, {"state": "finished", "reason": 1},
     {"state": "running", "pid": "x"}, {"state": []}],
)  # fmt: skip
def test_a_laboratorys_damaged_state_is_said_and_can_be_asked_again(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    (tmp_path / "state.json").write_text(json.dumps(values))
    job = read_laboratory(tmp_path)
    assert job.state == "failed"
    assert "damaged" in job.reason


def test_a_run_whose_folder_was_deleted_by_hand_says_so() -> None:
    (run,) = queue.submit([Experiment.create(iterations=10)])
    index = store.of_home()
    index.claim()
    index.report(run.id, pid=999_999_999, pid_created=1.0)
    queue.delete_folder(of_run(run.id).path)
    assert supervisor.end_if_dead(index, index.get(run.id))
    assert "is gone" in index.get(run.id).reason


def test_a_run_can_be_deleted_when_the_index_takes_no_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (run,) = queue.submit([Experiment.create(iterations=10)])
    folder, write, refused = of_run(run.id).path, Database.write, []

    def full(self: Database, operation: Any) -> Any:
        if folder.exists() and operation.__name__ == "delete":
            refused.append(True)
            raise PlaygroundError("stored", text="database or disk is full")
        return write(self, operation)

    monkeypatch.setattr(Database, "write", full)
    queue.delete(run.id)
    assert refused
    assert not folder.exists()


def test_workers_that_ended_leave_no_zombies() -> None:
    engine = LocalProcesses()
    child = subprocess.Popen([sys.executable, "-c", ""], text=True)
    engine._children[child.pid] = child
    deadline = time.monotonic() + 60
    while engine._children and time.monotonic() < deadline:
        engine.prepare(0)
        time.sleep(0.02)
    assert not engine._children
    engine.close()


@pytest.mark.parametrize("at", [12, 40, 100, 300, 600])
def test_damage_at_the_beginning_of_telemetry_loses_the_past_and_not_the_run(
    tmp_path: Path, at: int
) -> None:
    path = tmp_path / "telemetry.arrow"
    started = Started(**{**_started(), "layers": ("conv1", "fc"), "blocks": ()})
    stream.StreamWriter(path, started).close()
    content = bytearray(path.read_bytes())
    for place in range(at, at + 8):
        content[place] ^= 0xFF
    path.write_bytes(content)
    try:
        with stream.StreamWriter(path, started):
            pass
    except PlaygroundError as error:
        pytest.fail(str(error))
    assert stream.read(path).num_rows == 0


def _started() -> dict[str, Any]:
    import dataclasses

    kinds = {"int": 1, "str": "", "float": 0.0, "bool": False}
    return {
        field.name: kinds.get(str(field.type).split(" ")[0])
        for field in dataclasses.fields(Started)
    }


def test_a_full_queue_takes_no_more_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_QUEUED", 3)
    queue.submit([Experiment.create(iterations=10)] * 3)
    with pytest.raises(PlaygroundError, match="3 runs wait already"):
        queue.submit([Experiment.create(iterations=10)])
