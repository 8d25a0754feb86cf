from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from resnet_core.errors import RunNotFound, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import queries, recording, store
from resnet_core.runs.folder import RunFolder, of_run, read_run, write_run
from resnet_core.runs.record import RunRecord
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Measurement, Started
from resnet_core.training.checkpoint.folder import WEIGHTS

LAYERS, BLOCKS = ("conv1", "layer1.0.conv1"), ("layer1.0",)


def measurement(iteration: int, evaluated: bool) -> Measurement:
    error = 90.0 - iteration / 100 if evaluated else None
    return Measurement(
        iteration=iteration,
        epoch=iteration / 40,
        seconds=iteration * 0.5,
        loss=1 / 3,
        running_error=50.0,
        train_error=error,
        test_error=error,
        learning_rate=0.1,
        images_per_second=100.0,
        response_std=np.array([iteration, 1e-9], np.float32),
        gradient_norm=np.array([2.0, 3.0], np.float32),
        branch_ratio=np.array([0.5], np.float32),
        audit_error=None,
    )


def finished(rows: int, experiment: Experiment | None = None) -> RunRecord:
    run = RunRecord(
        id="20260101-abcdef",
        experiment=experiment or Experiment(),
        state="finished",
        created=1.0,
        weights_sha256="ab",
        train_error=1.5,
    )
    store.of_home().add([run])
    started = Started(0, LAYERS, BLOCKS, 10, "shapes", 100, 10, "cpu", "fp32", "eager", 1)
    folder = of_run(run.id)
    with stream.StreamWriter(folder.stream, started) as writer:
        for row in range(rows):
            writer.append(measurement(row, evaluated=row % 10 == 0))
    stream.compact(folder.stream, folder.compacted)
    folder.stream.unlink()
    return run


def test_a_recording_reads_as_the_run_it_was(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished(rows=50)
    before = queries.telemetry(run.id)
    (path,) = recording.record([run.id], tmp_path / "recorded")
    assert path == tmp_path / "recorded" / run.id
    store.of_home().remove(run, {"finished"}, "")
    monkeypatch.setattr(queries, "RECORDED", tmp_path / "recorded")
    (found,) = queries.recorded()
    assert found == dataclasses.replace(run, recorded=True, position=0.0)
    after = queries.telemetry(run.id)
    assert (after.layers, after.blocks) == (LAYERS, BLOCKS)
    assert after.frame["iteration"].tolist() == list(range(50))
    np.testing.assert_array_equal(after.response_std, before.response_std)
    np.testing.assert_allclose(after.frame.to_numpy(float), before.frame.to_numpy(float), rtol=1e-6)


def test_a_long_run_is_thinned_to_its_evaluations_and_an_even_rest(
    home: Path, tmp_path: Path
) -> None:
    run = finished(rows=1234)
    (path,) = recording.record([run.id], tmp_path)
    rows = pyarrow.parquet.read_table(path / "telemetry.parquet")
    iterations = rows.column("iteration").to_numpy()
    assert len(iterations) <= recording.MOST_ROWS
    assert (iterations[0], iterations[-1]) == (0, 1233)
    assert set(range(10, 1230, 10)) <= set(iterations.tolist())
    assert np.diff(iterations).max() <= 10
    assert (path / "telemetry.parquet").stat().st_size < 30_000


def test_even_many_evaluations_are_thinned() -> None:
    rows = pa.table({"train_error": np.arange(5000.0)})
    chosen = recording.thinned_rows(rows, most=100)
    assert len(chosen) == 100
    assert (chosen[0], chosen[-1]) == (0, 4999)
    assert np.diff(chosen).max() <= 51


def test_only_finished_runs_are_recorded(home: Path, tmp_path: Path) -> None:
    run = finished(rows=5)
    store.of_home().change(run, {"finished"}, "", state="stopped")
    with pytest.raises(WrongState, match="only finished runs"):
        recording.record([run.id], tmp_path)
    with pytest.raises(RunNotFound):
        recording.record(["20260101-000000"], tmp_path)
    assert list(tmp_path.glob("2026*")) == []


def test_a_recording_in_a_group_is_named_by_it_and_holds_no_path(home: Path) -> None:
    experiment = Experiment.create(data="/somebody/else/cifar10-jpeg.tar.xz", seed=7)
    run = finished(rows=3, experiment=experiment)

    (path,) = recording.record([run.id], home / "recorded", group="one-minute")

    assert path.name == "one-minute-resnet-20-seed-7"
    recorded = read_run(path)
    assert recorded.group == "one-minute"
    assert recorded.experiment.data == "cifar10-jpeg.tar.xz"
    assert "somebody" not in "".join(file.read_text() for file in path.glob("*.json"))


def test_weights_are_recorded_where_asked_for_and_found_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished(rows=3)
    store.of_home().change(run, {"finished"}, "", iteration=40)
    saved = _saved_weights(run, 40)
    monkeypatch.setattr(queries, "RECORDED", home / "recorded")
    (bare,) = recording.record([run.id], home / "recorded", "one-minute")
    with pytest.raises(WrongState, match="recorded without"):
        queries.weights(queries.described(bare.name))

    (path,) = recording.record([run.id], home / "recorded", "more", id_prefix="shown", weights=True)

    assert path.name == "shown-resnet-20-seed-0"
    shipped = queries.described(path.name)
    assert (shipped.group, shipped.recorded, shipped.iteration) == ("more", True, 40)
    found = queries.weights(shipped)
    assert found.path.read_bytes() == saved
    assert (found.sha256, found.iteration) == (hashlib.sha256(saved).hexdigest(), 40)


def test_only_the_final_weights_are_recorded(home: Path) -> None:
    run = finished(rows=3)
    store.of_home().change(run, {"finished"}, "", iteration=60)
    with pytest.raises(WrongState, match="no weights on disk"):
        recording.record([run.id], home / "recorded", weights=True)
    _saved_weights(run, 40)
    with pytest.raises(WrongState, match="iteration 40 only"):
        recording.record([run.id], home / "recorded", weights=True)
    assert not (home / "recorded").exists()


def test_earlier_weights_of_the_same_training_are_put_beside_a_recording(home: Path) -> None:
    run = finished(rows=3)
    saved = {iteration: _saved_weights(run, iteration) for iteration in (10, 20, 30)}
    (path,) = recording.record([run.id], home / "recorded", "shown")
    assert RunFolder(path).earlier_iterations() == []
    written = recording.record_earlier(run.id, path, [30, 10])
    assert [file.read_bytes() for file in written] == [saved[30], saved[10]]
    assert RunFolder(path).earlier_iterations() == [10, 30]
    assert RunFolder(path).earlier_weights(30) == written[0]
    with pytest.raises(WrongState, match="no weights of iteration 15; it has those of 10, 20, 30"):
        recording.record_earlier(run.id, path, [15])


def test_earlier_weights_of_another_training_are_refused(home: Path) -> None:
    run = finished(rows=3)
    _saved_weights(run, 10)
    (path,) = recording.record([run.id], home / "recorded", "shown")
    write_run(path, dataclasses.replace(read_run(path), weights_sha256="cd"))
    with pytest.raises(WrongState, match="did not end with the weights of shown-resnet-20-seed-0"):
        recording.record_earlier(run.id, path, [10])
    assert not (path / "earlier").exists()


def test_a_recording_that_is_made_again_says_what_it_is_now(home: Path) -> None:
    run = finished(rows=3)
    recording.record([run.id], home, "shown")
    store.of_home().remove(run, {"finished"}, "")
    again = finished(rows=3, experiment=run.experiment.changed(width=8))
    (path,) = recording.record([again.id], home, "shown")
    assert read_run(path).experiment.width == 8


def _saved_weights(run: RunRecord, iteration: int) -> bytes:
    """A checkpoint of which only the weights matter."""
    path = of_run(run.id).checkpoint(iteration)
    path.mkdir(parents=True)
    content = f"weights of {iteration}".encode()
    (path / WEIGHTS).write_bytes(content)
    sha256 = {WEIGHTS: hashlib.sha256(content).hexdigest()}
    manifest = {"format": 1, "iteration": iteration, "sha256": sha256}
    (path / "manifest.json").write_text(json.dumps(manifest))
    return content
