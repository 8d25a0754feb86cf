"""Files that a crash, a bad disk or a person has damaged between two sittings."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue
from resnet_core.jobs.engine import LocalProcesses
from resnet_core.runs import queries
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord
from tests.small_runs import Uninterrupted, begin, ended, recorded, wait_until


@pytest.fixture
def paused(home: Path, engine: LocalProcesses, experiment: Experiment) -> RunRecord:
    """The run, paused somewhere after its kept checkpoint of iteration 20."""
    (run,) = queue.submit([experiment])
    begin(engine, run)
    wait_until(lambda: 20 in of_run(run.id).kept_iterations(), "a checkpoint", every=0.001)
    queue.pause(run.id)
    run = ended(run.id)
    assert run.state == "paused", run.reason
    return run


@pytest.mark.parametrize("lost", [1, 100, 5000])
def test_a_torn_telemetry_file_goes_on_after_its_last_whole_row(
    engine: LocalProcesses, uninterrupted: Uninterrupted, paused: RunRecord, lost: int
) -> None:
    stream = of_run(paused.id).stream
    before = recorded(paused)
    stream.write_bytes(stream.read_bytes()[:-lost])
    kept = recorded(paused)
    assert 0 < len(kept) < len(before)
    assert kept == before[: len(kept)]

    begin(engine, queue.resume(paused.id))
    finished = ended(paused.id)

    sha256, all_iterations = uninterrupted
    assert finished.weights_sha256 == sha256
    # Nothing twice, nothing out of order; only what was torn off is missing.
    assert recorded(finished) == kept + all_iterations[len(before) :]


def test_garbage_after_the_last_row_is_left_out(
    engine: LocalProcesses, uninterrupted: Uninterrupted, paused: RunRecord
) -> None:
    with of_run(paused.id).stream.open("ab") as file:
        file.write(b"\xff\xff\xff\xff garbage " * 50)
    begin(engine, queue.resume(paused.id))
    finished = ended(paused.id)
    assert (finished.weights_sha256, recorded(finished)) == uninterrupted


def test_telemetry_without_its_beginning_does_not_stop_the_run(
    engine: LocalProcesses, uninterrupted: Uninterrupted, paused: RunRecord
) -> None:
    stream = of_run(paused.id).stream
    stream.write_bytes(stream.read_bytes()[:10])
    assert recorded(paused) == []
    begin(engine, queue.resume(paused.id))
    assert ended(paused.id).weights_sha256 == uninterrupted[0]


@pytest.mark.parametrize("name", ["model.safetensors", "training.pt", "manifest.json"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    engine: LocalProcesses, uninterrupted: Uninterrupted, paused: RunRecord, name: str
) -> None:
    folder = of_run(paused.id)
    newest = folder.checkpoint(folder.kept_iterations()[-1]) / name
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 0xFF
    newest.write_bytes(content)

    begin(engine, queue.resume(paused.id))
    finished = ended(paused.id)

    assert (finished.weights_sha256, recorded(finished)) == uninterrupted
    assert "is used" in queries.log_tail(paused.id)


def test_lost_data_end_the_run_with_advice(
    home: Path, engine: LocalProcesses, experiment: Experiment, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.npz"
    copy.write_bytes(Path(experiment.data).read_bytes())
    (run,) = queue.submit([experiment.changed(data=str(copy))])
    copy.unlink()
    begin(engine, run)
    failed = ended(run.id)
    assert failed.state == "failed"
    assert "copy.npz" in failed.reason
    assert "Traceback" not in queries.log_tail(run.id)


def test_an_unreadable_experiment_ends_the_run_with_a_sentence(
    home: Path, engine: LocalProcesses, experiment: Experiment
) -> None:
    (run,) = queue.submit([experiment])
    of_run(run.id).experiment.write_text("{")
    begin(engine, run)
    failed = ended(run.id)
    assert failed.state == "failed"
    assert "experiment.json" in failed.reason
