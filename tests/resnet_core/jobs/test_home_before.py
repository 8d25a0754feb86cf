"""A home folder of an earlier version: it opens, and what waited or was cut off in it goes on.

`home_before.tar.xz` was written by the version before trainings and laboratories became jobs of
one table (index version 2, laboratories queued as files in `labs/line`). Its supervisor and two
of its workers were killed with SIGKILL.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_core.jobs import queue
from resnet_core.jobs.local_process import LocalProcesses
from resnet_core.jobs.supervisor import Supervisor
from resnet_core.labs.results import results
from resnet_core.runs import export, find_weights, imported, queries, store
from tests.small_runs import wait_until

ARCHIVE = Path(__file__).with_name("home_before.tar.xz")
FINISHED, PAUSED, STOPPED = "20261130-1b37bd", "20261130-1b4a4a", "20261130-ff46ab"
FAILED, DIVERGED, KILLED = "20261130-9baa96", "20261130-cd601b", "20261130-cd2ae0"
FORK, IMPORTED = "20261130-5e6132", "20261130-d46879"
QUEUED = ["20261130-4a4dcd", "20261130-4fd77d"]
LAB_FINISHED, LAB_FAILED = "lesion-ca0a50eefbb5", "lesion-3a67734aa5fd"
LAB_STOPPED, LAB_KILLED = "microscope-11947dae4234", "microscope-2f007f171395"
LABS_QUEUED = ["lesion-349e0e256c4f", "lesion-4cf32c432393"]
STATES = {
    FINISHED: "finished",
    PAUSED: "paused",
    STOPPED: "stopped",
    FAILED: "failed",
    DIVERGED: "diverged",
    KILLED: "running",  # nobody has looked at its worker yet
    FORK: "finished",
    IMPORTED: "imported",
    **dict.fromkeys(QUEUED, "queued"),
}


@pytest.fixture
def before(home: Path) -> Path:
    shutil.unpack_archive(ARCHIVE, home, filter="data")
    return home


@pytest.fixture
def engine(before: Path) -> Iterator[LocalProcesses]:
    """Workers in this home folder: laboratories look for their networks there."""
    engine = LocalProcesses()
    yield engine
    engine.close()


def run_supervisor_until_idle(engine: LocalProcesses, seconds: float = 300.0) -> None:
    supervisor = Supervisor(store.of_home(), engine, slots=2)
    wait_until(lambda: not supervisor.step(), "an idle supervisor", seconds, every=0.05)


def test_all_runs_are_listed_with_what_was_on_record(before: Path) -> None:
    assert {run.id: run.state for run in queries.runs()} == STATES
    assert queries.run(FAILED).exit_reason.startswith("data: there is no data set and no file")
    assert queries.run(DIVERGED).exit_reason.startswith("The loss was 4.99e+24 after iteration 8.")
    assert queries.run(PAUSED).exit_reason == "Paused at iteration 14; resume it to go on."
    assert [run.id for run in store.of_home().in_states({"queued"})] == QUEUED
    assert [run.id for run in queries.family(FORK)] == [FINISHED, FORK]
    source = imported.of(queries.run(IMPORTED))
    assert source is not None
    assert (source.file, source.normalization, source.classes) == ("net.th", "imagenet", 10)
    assert len(queries.telemetry(FINISHED).frame) == 9
    assert queries.fork_points(FINISHED) == [3, 8]


def test_all_laboratory_results_are_read(before: Path) -> None:
    finished = results.read(LAB_FINISHED)
    assert (finished.state, len(finished.tables["removals"])) == ("finished", 3)
    assert [verdict.finding for verdict in finished.verdicts] == ["alone", "down_sampling_alike"]
    failed = results.read(LAB_FAILED)
    assert (failed.state, failed.reason) == (
        "failed",
        "There is no run '20261130-8ed045'; `runs list` shows those there are.",
    )
    stopped = results.read(LAB_STOPPED)
    assert (stopped.state, len(stopped.tables["race"])) == ("stopped", 20)
    killed = results.read(LAB_KILLED)
    assert killed.state == "failed"
    assert "The worker was killed or the machine stopped" in killed.reason
    assert killed.tables["race"].shape[0] > 0
    for lab_id in LABS_QUEUED:
        assert results.read(lab_id).state == "waiting"


def test_weights_are_found_and_exported(before: Path, tmp_path: Path) -> None:
    for run_id in (FINISHED, PAUSED, FORK, IMPORTED):
        weights = find_weights.find(queries.run(run_id))
        files = {path.name: path for path in export.export(run_id, tmp_path / run_id)}
        assert files["model.safetensors"].read_bytes() == weights.path.read_bytes()
        assert {"config.json", "metrics.parquet", "layers.csv"} <= set(files)


def test_queued_work_is_taken_over_and_paused_work_resumes(
    before: Path, engine: LocalProcesses
) -> None:
    weights = queries.run(FINISHED).weights_sha256
    assert queue.resume(PAUSED).state == "queued"
    run_supervisor_until_idle(engine)
    states = {run.id: (run.state, run.iteration) for run in queries.runs()}
    assert states[PAUSED] == ("finished", 600)
    assert [states[run_id] for run_id in QUEUED] == [("finished", 8), ("finished", 8)]
    assert states[KILLED] == ("interrupted", 42)
    assert "goes on from iteration 42" in queries.run(KILLED).exit_reason
    assert queries.run(FINISHED).weights_sha256 == weights
    ends = []
    for lab_id in LABS_QUEUED:
        result = results.read(lab_id)
        assert result.state == "finished", result.reason
        assert len(result.tables["removals"]) == 3
        ends.append(result.ended)
    assert ends == sorted(ends)  # in the order in which they were queued
    killed = results.read(LAB_KILLED)
    assert killed.state == "failed"
    assert "The worker was killed or the machine stopped" in killed.reason


def test_what_is_over_can_be_deleted_or_retried(before: Path) -> None:
    queue.delete(STOPPED)
    assert not (before / "runs" / STOPPED).exists()
    retried = queue.retry(FAILED)
    assert (retried.state, retried.attempt, retried.position) == ("queued", 1, 3)
    assert queue.resume(KILLED).state == "queued"  # its dead worker is noticed first
