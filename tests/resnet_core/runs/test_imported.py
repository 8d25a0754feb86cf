"""What is put together out of sight is whole or gone, whoever is killed when."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import imported, queries, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord
from resnet_core.system import home as home_module

ROOT = Path(__file__).resolve().parents[3]
# An import up to its last step, killed before or after its folder gets its place.
DIES = """
import os, signal, sys
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import imported, store
from resnet_core.runs.record import RunRecord
from resnet_core.system import disk

def die(): os.kill(os.getpid(), signal.SIGKILL)
real = disk.replace
def replace(source, target):
    if source.name.endswith("json") or "experiment" in source.name or "run.json" in source.name:
        return real(source, target)
    if sys.argv[1] == "before": die()
    real(source, target)
    die()
store.disk.replace = replace
with imported.staged() as folder:
    (folder / "model.safetensors").write_bytes(b"weights")
    run = RunRecord(id=folder.name, experiment=Experiment(), state="imported", created=1.0)
    store.of_home().adopt(run, folder)
"""


@pytest.fixture(autouse=True)
def own_home(home: Path) -> None:
    pass


def adopted(folder: Path) -> RunRecord:
    (folder / "model.safetensors").write_bytes(b"weights")
    run = RunRecord(id=folder.name, experiment=Experiment(), state="imported", created=1.0)
    store.of_home().adopt(run, folder)
    return run


def staged_names() -> list[str]:
    return [path.name for path in home_module.imports_folder().iterdir()]


def test_what_is_adopted_becomes_the_runs_folder() -> None:
    with imported.staged() as folder:
        run = adopted(folder)
    assert queries.runs() == [run]
    assert of_run(run.id).weights.read_bytes() == b"weights"
    assert staged_names() == []


def test_an_error_leaves_nothing() -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("done")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), imported.staged() as folder:
        fail(folder)
    assert staged_names() == []


def test_an_index_that_refuses_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PlaygroundError("stored", text="The index of runs cannot be used.")

    monkeypatch.setattr(store.of_home().database, "write", refuse)
    with pytest.raises(PlaygroundError, match="cannot be used"), imported.staged() as folder:
        adopted(folder)
    assert staged_names() == []
    assert list(home_module.runs_folder().iterdir()) == []


def test_a_living_process_is_left_in_peace() -> None:
    with imported.staged() as folder:
        imported.sweep()
        assert folder.is_dir()
        with imported.staged() as another:
            assert folder.is_dir()
            assert another != folder


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_one_leaves_nothing_once_somebody_looks(moment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DIES, moment], cwd=ROOT, env=dict(os.environ), check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert staged_names() != []
    assert bool(list(home_module.runs_folder().iterdir())) == (moment == "after")
    imported.sweep()
    assert staged_names() == []
    assert list(home_module.runs_folder().iterdir()) == []
    assert queries.runs() == []


def test_a_lock_of_a_run_that_is_on_record_leaves_the_run() -> None:
    with imported.staged() as folder:
        run = adopted(folder)
    left = home_module.imports_folder() / f"{run.id}.lock"  # killed after its last step
    with FileLock(left):
        pass
    left.touch()
    imported.sweep()
    assert queries.runs() == [run]
    assert of_run(run.id).weights.is_file()
