"""A home folder of an earlier version: it opens, and what waited or was cut off in it goes on.

`home_before.tar.xz` was written by the version before trainings and laboratories became jobs of
one table (index version 2, laboratories queued as files in `labs/line`). Its supervisor and two
of its workers were killed with SIGKILL.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from resnet_core.exporting.export import export
from resnet_core.jobs import queue, supervisor
from resnet_core.jobs.engine import LocalProcesses
from resnet_core.jobs.supervisor import Supervisor
from resnet_core.labs.results import results
from resnet_core.runs import database, imported, queries, store
from resnet_core.runs.record import Job
from resnet_core.system import processes
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
    KILLED: "running",  # no process has looked at its worker yet
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
    assert queries.run(FAILED).reason.startswith("data: there is no data set and no file")
    assert queries.run(DIVERGED).reason.startswith("The loss was 4.99e+24 after iteration 8.")
    assert queries.run(PAUSED).reason == "Paused at iteration 14; resume it to go on."
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
    assert killed.state == "running"  # no process has looked at its worker yet
    assert killed.tables["race"].shape[0] > 0
    assert [job.id for job in store.of_home().jobs({"queued"}) if job.kind == "laboratory"] == (
        LABS_QUEUED
    )
    for lab_id in LABS_QUEUED:
        assert results.read(lab_id).state == "queued"


def test_weights_are_found_and_exported(before: Path, tmp_path: Path) -> None:
    for run_id in (FINISHED, PAUSED, FORK, IMPORTED):
        weights = queries.weights(queries.run(run_id))
        files = {path.name: path for path in export(run_id, tmp_path / run_id)}
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
    assert "goes on from iteration 42" in queries.run(KILLED).reason
    assert queries.run(FINISHED).weights_sha256 == weights
    ends = []
    for lab_id in LABS_QUEUED:
        result = results.read(lab_id)
        assert result.state == "finished", result.reason
        assert len(result.tables["removals"]) == 3
        ends.append(result.ended)
    assert ends == sorted(ends)  # in the order in which they were queued
    killed = results.read(LAB_KILLED)
    assert killed.state == "interrupted"
    assert "The worker was killed or the machine stopped" in killed.reason


def test_what_is_over_can_be_deleted_or_retried(before: Path) -> None:
    queue.delete(STOPPED)
    assert not (before / "runs" / STOPPED).exists()
    retried = queue.retry(FAILED)
    assert (retried.state, retried.attempt, retried.position) == ("queued", 1, 3)
    assert queue.resume(KILLED).state == "queued"  # its dead worker is noticed first


def version(home: Path) -> int:
    with closing(sqlite3.connect(home / "playground.sqlite3")) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def open_when(path: Path, barrier: Barrier, sink: multiprocessing.Queue) -> None:
    barrier.wait()
    index = store.Store(path)
    sink.put([job.id for job in index.jobs({"queued"})])


def test_two_processes_upgrade_one_index_at_once(before: Path) -> None:
    assert version(before) == 2
    context = multiprocessing.get_context("spawn")
    barrier, sink = context.Barrier(2), context.Queue()
    path = before / "playground.sqlite3"
    openers = [context.Process(target=open_when, args=(path, barrier, sink)) for _ in range(2)]
    for opener in openers:
        opener.start()
    seen = [sink.get(timeout=60) for _ in openers]
    for opener in openers:
        opener.join(60)
    assert seen == [seen[0], seen[0]]
    assert sorted(seen[0]) == sorted([*QUEUED, *LABS_QUEUED])
    assert version(before) == database.VERSION


def upgrade_and_die(path: Path) -> None:
    insert = database.insert

    def die_at_the_second(connection: sqlite3.Connection, job: Job) -> None:
        if job.id == LAB_KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        insert(connection, job)

    database.insert = die_at_the_second
    store.Store(path).newest()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_an_upgrade_that_is_killed_halfway_is_made_by_the_next_process(before: Path) -> None:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=upgrade_and_die, args=(before / "playground.sqlite3",))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert version(before) == 2
    assert {run.id: run.state for run in queries.runs()} == STATES
    assert results.read(LAB_FINISHED).state == "finished"
    assert store.of_home().job(LAB_FINISHED) is not None
    assert version(before) == database.VERSION


def test_a_supervisor_of_the_version_before_is_replaced(
    before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot use the upgraded index, and would keep its lock as long as pages are open."""
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_IDLE_SECONDS", "1")
    old = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    identity = {"pid": old.pid, "created": processes.created(old.pid)}
    (before / "supervisor.json").write_text(json.dumps(identity))
    monkeypatch.setattr(supervisor.processes, "start", lambda *arguments, **streams: old)
    supervisor.ensure_running()
    assert old.wait(60) != 0
    supervisor._children.clear()
