"""Finding a run's weights; `test_recording` finds those of recordings."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError, RunNotFound, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord
from resnet_core.training.checkpoint.folder import WEIGHTS


@pytest.fixture
def run(home: Path) -> RunRecord:
    made = RunRecord(id="20260101-abcdef", experiment=Experiment(), state="running", created=1.0)
    store.of_home().add([made])
    return made


def save(run: RunRecord, iteration: int) -> Path:
    path = of_run(run.id).checkpoint(iteration)
    path.mkdir(parents=True)
    content = f"weights of {iteration}".encode()
    (path / WEIGHTS).write_bytes(content)
    sha256 = {WEIGHTS: hashlib.sha256(content).hexdigest()}
    manifest = {"format": 1, "iteration": iteration, "sha256": sha256}
    (path / "manifest.json").write_text(json.dumps(manifest))
    return path


def test_the_newest_are_found(run: RunRecord) -> None:
    save(run, 10)
    newest = save(run, 20)
    found = queries.weights(run)
    assert (found.path, found.iteration) == (newest / WEIGHTS, 20)
    assert found.sha256 == hashlib.sha256(b"weights of 20").hexdigest()


@pytest.mark.parametrize("damage", ["weights", "no weights", "manifest", "no manifest", "list"])
def test_damaged_ones_are_passed_over(run: RunRecord, damage: str) -> None:
    save(run, 10)
    path = save(run, 20)
    match damage:
        case "weights":
            (path / WEIGHTS).write_bytes(b"weights of 2")
        case "no weights":
            (path / WEIGHTS).unlink()
        case "manifest":
            (path / "manifest.json").write_text("{")
        case "no manifest":
            (path / "manifest.json").unlink()
        case "list":
            (path / "manifest.json").write_text("[]")
    assert queries.weights(run).iteration == 10


def test_a_run_without_any_says_what_to_do(run: RunRecord) -> None:
    with pytest.raises(WrongState, match="no weights on disk; let it train"):
        queries.weights(run)


def test_the_folder_tells_of_the_run_where_the_index_is_lost(run: RunRecord, home: Path) -> None:
    store.of_home().close()
    for file in home.glob("playground.sqlite3*"):
        file.unlink()
    assert queries.described(run.id).experiment == run.experiment
    assert not (home / "playground.sqlite3").exists()


@pytest.mark.parametrize("run_id", ["20260101-000000", "../../etc", "..", "", "labs", "A/b"])
def test_what_is_no_run_is_not_found(home: Path, run_id: str) -> None:
    with pytest.raises(RunNotFound):
        queries.described(run_id)


def test_a_damaged_folder_is_named(run: RunRecord) -> None:
    of_run(run.id).experiment.unlink()
    with pytest.raises(PlaygroundError, match="no readable experiment"):
        queries.described(run.id)
    shutil.rmtree(of_run(run.id).path)
    with pytest.raises(RunNotFound):
        queries.described(run.id)
