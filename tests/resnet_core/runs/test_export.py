from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import export, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord


@pytest.fixture
def run(home: Path) -> RunRecord:
    record = RunRecord(id="20260101-abcdef", experiment=Experiment(), state="stopped", created=1.0)
    return store.of_home().add([record])[0]


def checkpoint(run: RunRecord, iteration: int, weights: bytes) -> Path:
    folder = of_run(run.id).checkpoint(iteration)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(weights)
    sha256 = {"model.safetensors": hashlib.sha256(weights).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps({"sha256": sha256}))
    return folder / "model.safetensors"


def exported(run: RunRecord, folder: Path) -> bytes | None:
    export.export(run.id, folder)
    weights = folder / "model.safetensors"
    return weights.read_bytes() if weights.exists() else None


def test_the_newest_weights_that_match_their_manifest_are_exported(
    run: RunRecord, tmp_path: Path
) -> None:
    checkpoint(run, 10, b"weights at 10")
    newest = checkpoint(run, 20, b"weights at 20")
    assert exported(run, tmp_path / "whole") == b"weights at 20"
    newest.write_bytes(b"weights at 2?")
    assert exported(run, tmp_path / "damaged") == b"weights at 10"


def test_a_run_without_weights_is_exported_without(run: RunRecord, tmp_path: Path) -> None:
    assert exported(run, tmp_path / "none") is None
