"""What can be told to a run in which state."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from resnet_core.errors import DataError, InvalidSetting, PlaygroundError, RunNotFound, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue, supervisor
from resnet_core.runs import imported, queries, store
from resnet_core.runs.folder import of_run, read_run
from resnet_core.runs.record import ENDED, RESUMABLE, Job, RunRecord
from resnet_core.runs.store import Store
from resnet_core.system import processes
from resnet_core.system.texts import Message


@pytest.fixture
def run(home: Path, experiment: Experiment) -> RunRecord:
    return queue.submit([experiment])[0]


def put(run: RunRecord, state: str) -> None:
    store.of_home().change(run, {run.state}, "", state=state)


def checkpoint(run: RunRecord, iteration: int) -> Path:
    """Files in the place of a checkpoint; what is in them does not matter to the queue."""
    path = of_run(run.id).checkpoint(iteration)
    path.mkdir(parents=True)
    (path / "model.safetensors").write_bytes(b"weights")
    return path


def test_submitted_runs_are_queued_together_in_order(home: Path, experiment: Experiment) -> None:
    runs = queue.submit([experiment.changed(seed=seed) for seed in range(3)])
    assert [r.position for r in runs] == [1, 2, 3]
    assert len({r.group for r in runs}) == 1
    assert runs[0].group
    assert len({r.id for r in runs}) == 3
    assert runs[0].data_title == "small"
    assert runs[0].parameters
    assert [r.id for r in queries.group(runs[0].group)] == [r.id for r in runs]
    assert read_run(of_run(runs[1].id).path).experiment == runs[1].experiment


def test_a_run_of_its_own_has_no_group(run: RunRecord) -> None:
    assert run.group == ""


def test_a_relative_path_is_written_out(
    home: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(experiment.data)
    monkeypatch.chdir(data.parent)
    (run,) = queue.submit([experiment.changed(data=data.name)])
    assert run.experiment.data == str(data)


def test_all_or_none_are_queued(home: Path, experiment: Experiment) -> None:
    with pytest.raises(InvalidSetting):
        queue.submit([experiment, experiment.changed(batch_size=1000)])
    assert queries.runs() == []
    assert not (home / "runs").exists() or not list((home / "runs").iterdir())


def test_a_batch_beyond_the_data_is_refused_with_the_largest_good_one(
    home: Path, experiment: Experiment
) -> None:
    with pytest.raises(InvalidSetting, match="use at most 72") as caught:
        queue.submit([experiment.changed(batch_size=73)])
    assert caught.value.field == "batch_size"
    assert len(queue.submit([experiment.changed(batch_size=72)])) == 1


def test_a_batch_beyond_the_validation_split_is_refused(home: Path, experiment: Experiment) -> None:
    with pytest.raises(InvalidSetting, match="use at most 65"):
        queue.submit([experiment.changed(batch_size=70, validation=True)])


@pytest.mark.parametrize("field", ["train_images", "test_images"])
def test_more_images_than_there_are_is_refused(
    home: Path, experiment: Experiment, field: str
) -> None:
    with pytest.raises(InvalidSetting, match=field):
        queue.submit([experiment.changed(**{field: 1000})])


def bad_folder(kind: str, folder: Path) -> Path:
    folder.mkdir()
    pixels = np.zeros((8, 8, 3), np.uint8)
    for name in {"empty": [], "one class": ["a"], "unreadable": ["a", "b"]}[kind]:
        (folder / name).mkdir()
        for number in range(12):
            path = folder / name / f"{number}.png"
            Image.fromarray(pixels).save(path)
            if kind == "unreadable":
                path.write_bytes(b"no picture")
    return folder


@pytest.mark.parametrize("kind", ["empty", "one class", "unreadable"])
def test_unusable_folders_are_refused(
    home: Path, experiment: Experiment, tmp_path: Path, kind: str
) -> None:
    with pytest.raises(DataError):
        queue.submit([experiment.changed(data=str(bad_folder(kind, tmp_path / "images")))])
    assert queries.runs() == []


def test_data_that_are_not_here_are_refused_with_advice(
    home: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(DataError, match="no copy of CIFAR-100"):
        queue.submit([experiment.changed(data="cifar100", image_size=8)])


STATES = sorted({"queued", "running", *ENDED})
ALLOWED = {
    "pause": {"queued", "running"},
    "stop": {"queued", "running"},
    "resume": RESUMABLE,
    "retry": ENDED,
    "delete": ENDED | {"queued"},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", sorted(ALLOWED))
def test_each_command_in_each_state(run: RunRecord, command: str, state: str) -> None:
    if state != "queued":
        put(run, state)
    act = getattr(queue, command)
    if state in ALLOWED[command]:
        act(run.id)
        return
    with pytest.raises(WrongState, match=f"is {state}"):
        act(run.id)
    assert queries.run(run.id).state == state


@pytest.mark.parametrize("command", [*sorted(ALLOWED), "move", "fork"])
def test_unknown_runs_and_ids_are_refused(home: Path, command: str) -> None:
    arguments = {"move": (1,), "fork": (1,)}.get(command, ())
    for run_id in ("20260101-abcdef", "../../etc/passwd", "<b>", "x" * 10_000):
        with pytest.raises(RunNotFound) as caught:
            getattr(queue, command)(run_id, *arguments)
        assert len(str(caught.value)) < 200


def test_a_running_run_is_asked_and_a_queued_one_is_paused_at_once(run: RunRecord) -> None:
    store.of_home().claim()
    assert queue.pause(run.id).request == "pause"
    assert queue.stop(run.id).request == "stop"
    put(queries.run(run.id), "stopped")
    queue.resume(run.id)
    paused = queue.pause(run.id)
    assert (paused.state, paused.request) == ("paused", None)


def test_resuming_a_finished_or_diverged_run_says_what_to_do_instead(run: RunRecord) -> None:
    put(run, "finished")
    with pytest.raises(WrongState, match=r"nothing left to train\. Fork it"):
        queue.resume(run.id)
    put(queries.run(run.id), "diverged")
    with pytest.raises(WrongState, match=r"would diverge again\. Fork it"):
        queue.resume(run.id)


def test_a_run_whose_worker_is_dead_can_be_resumed_without_a_supervisor(run: RunRecord) -> None:
    store.of_home().claim()
    store.of_home().report(run.id, pid=999_999_999, pid_created=1.0)
    assert queue.resume(run.id).state == "queued"


def test_a_retry_begins_anew_and_keeps_the_old_telemetry_apart(run: RunRecord) -> None:
    put(run, "failed")
    folder = of_run(run.id)
    folder.stream.write_bytes(b"old rows")
    folder.log.write_bytes(b"old log")
    checkpoint(run, 20)
    store.of_home().change(run, {"failed"}, "", iteration=20, train_error=3.0, threads=1)

    again = queue.retry(run.id)

    assert (again.state, again.attempt, again.iteration) == ("queued", 1, 0)
    assert again.train_error is None
    assert not folder.stream.exists()
    assert folder.kept_iterations() == []
    assert (folder.attempts / "0" / "telemetry.arrow").read_bytes() == b"old rows"
    assert (folder.attempts / "0" / "log.txt").read_bytes() == b"old log"


def test_deleting_takes_the_folder_and_nothing_else(run: RunRecord, experiment: Experiment) -> None:
    (other,) = queue.submit([experiment])
    queue.delete(run.id)
    assert [r.id for r in queries.runs()] == [other.id]
    assert [path.name for path in of_run(run.id).path.parent.iterdir()] == [other.id]


def test_a_folder_outside_the_runs_is_never_deleted(home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "precious"
    outside.mkdir()
    link = home / "runs" / "20260101-abcdef"
    link.parent.mkdir()
    link.symlink_to(outside)
    for path in (outside, link, home, home / "runs", Path("/")):
        with pytest.raises(PlaygroundError, match="left alone"):
            queue.delete_folder(path)
    assert outside.is_dir()


def test_recordings_are_read_only(
    run: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(run, "finished")
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    of_run(run.id).path.rename(recorded / run.id)
    store.of_home().remove(run, ENDED, "")
    monkeypatch.setattr(queries, "RECORDED", recorded)
    for command in sorted(ALLOWED):
        with pytest.raises(WrongState, match="recording"):
            getattr(queue, command)(run.id)
    with pytest.raises(WrongState, match="is a recording; train it here"):
        queue.fork(run.id, 20)


def test_a_fork_has_its_own_copy_of_where_it_starts(run: RunRecord) -> None:
    checkpoint(run, 20)
    child = queue.fork(run.id, 20, network="cifar/plain-8", learning_rate=0.01)
    assert (child.state, child.parent, child.parent_iteration) == ("queued", run.id, 20)
    assert child.iteration == 20
    assert child.experiment.network == "cifar/plain-8"
    assert child.experiment.learning_rate == 0.01
    assert child.experiment.name == "plain-8 from resnet-8 · seed 0 at 20"
    origin = of_run(child.id).origin
    weights = origin / "checkpoints" / "iteration-00000020" / "model.safetensors"
    queue.delete(run.id)
    assert weights.read_bytes() == b"weights"
    assert (origin / "experiment.json").exists()
    assert [r.id for r in queries.family(child.id)] == [child.id]


@pytest.mark.parametrize(
    ("iteration", "changes", "sentence"),
    [
        (7, {}, "no checkpoint at 7; the nearest are at 10 and 20"),
        (20, {"iterations": 20}, "20 is not beyond the checkpoint's 20; use at least 21"),
        (20, {"width": 8}, "a fork keeps its parent's width"),
        (20, {"batch_size": 5000}, "batch_size"),
        (20, {"learning_rate": -1}, "learning_rate"),
    ],
)
def test_impossible_forks_are_refused(
    run: RunRecord, iteration: int, changes: dict[str, object], sentence: str
) -> None:
    for saved in (10, 20):
        checkpoint(run, saved)
    with pytest.raises(InvalidSetting, match=sentence):
        queue.fork(run.id, iteration, **changes)
    assert len(queries.runs()) == 1
    assert len(list(of_run(run.id).path.parent.iterdir())) == 1


def test_a_run_without_checkpoints_cannot_be_forked(run: RunRecord) -> None:
    with pytest.raises(WrongState, match="no checkpoint yet"):
        queue.fork(run.id, 0)


def test_what_is_not_there_is_queued_as_one_group(home: Path, experiment: Experiment) -> None:
    runs = queue.submit_or_resume([experiment, experiment.changed(seed=1)], "paper-8000")
    assert [run.experiment.seed for run in runs] == [0, 1]
    assert {(run.state, run.group) for run in runs} == {("queued", "paper-8000")}


@pytest.mark.parametrize("state", ["finished", "queued", "running"])
def test_what_is_done_or_under_way_is_left_as_it_is(
    home: Path, experiment: Experiment, state: str
) -> None:
    (run,) = queue.submit([experiment])
    if state != "queued":
        put(run, state)
    (taken,) = queue.submit_or_resume([experiment], "again")
    assert (taken.id, taken.state) == (run.id, state)
    assert len(queries.runs()) == 1


@pytest.mark.parametrize("state", ["paused", "stopped", "interrupted", "failed"])
def test_what_was_begun_is_gone_on_with(home: Path, experiment: Experiment, state: str) -> None:
    (run,) = queue.submit([experiment])
    put(run, state)
    (taken,) = queue.submit_or_resume([experiment], "again")
    assert (taken.id, taken.state) == (run.id, "queued")


def test_of_several_the_finished_one_is_taken(home: Path, experiment: Experiment) -> None:
    first, second = queue.submit([experiment, experiment])
    put(first, "paused")
    put(second, "finished")
    (taken,) = queue.submit_or_resume([experiment], "again")
    assert taken.id == second.id
    assert queries.run(first.id).state == "paused"


def test_a_diverged_run_is_not_taken_for_a_result(home: Path, experiment: Experiment) -> None:
    (run,) = queue.submit([experiment])
    put(run, "diverged")
    (taken,) = queue.submit_or_resume([experiment], "again")
    assert taken.id != run.id


def test_another_setting_is_another_run(home: Path, experiment: Experiment) -> None:
    (run,) = queue.submit([experiment])
    put(run, "finished")
    (taken,) = queue.submit_or_resume([experiment.changed(learning_rate=0.05)], "again")
    assert taken.id != run.id


def test_one_that_cannot_be_trained_changes_nothing(home: Path, experiment: Experiment) -> None:
    (run,) = queue.submit([experiment])
    put(run, "paused")
    with pytest.raises(InvalidSetting, match="batch_size"):
        queue.submit_or_resume([experiment, experiment.changed(batch_size=4096)], "again")
    assert [one.state for one in queries.runs()] == ["paused"]


@pytest.fixture
def imported_run(home: Path) -> RunRecord:
    with imported.staged() as folder:
        (folder / "model.safetensors").write_bytes(b"weights")
        found = RunRecord(
            id=folder.name, experiment=Experiment(), state="imported", created=1.0, test_error=8.4
        )
        store.of_home().adopt(found, folder)
    return found


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (queue.pause, "resnet-20 · imported is imported; only a queued or running run can be"),
        (queue.stop, "only a queued or running run can be stopped"),
        (queue.resume, "it was trained elsewhere, so there is no training here to resume"),
        (queue.retry, "there is no training here to repeat"),
        (lambda run_id: queue.fork(run_id, 0), "with what recipe it was trained is not known"),
        (lambda run_id: queue.move(run_id, 1), "only queued runs can be moved"),
    ],
)
def test_commands_on_an_imported_run_are_refused(
    imported_run: RunRecord, command: Callable[[str], object], sentence: str
) -> None:
    with pytest.raises(WrongState, match=sentence):
        command(imported_run.id)
    assert queries.run(imported_run.id) == imported_run


def test_an_imported_run_is_deleted_with_its_folder(imported_run: RunRecord) -> None:
    queue.delete(imported_run.id)
    with pytest.raises(RunNotFound):
        queries.run(imported_run.id)
    assert not of_run(imported_run.id).path.exists()


def test_a_retry_that_comes_too_late_touches_no_checkpoint(
    run: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another command queues the run between the check of its state and the change."""
    put(run, "failed")
    checkpoint(run, 20)
    of_run(run.id).stream.write_bytes(b"rows")
    change = Store.change

    def resumed_first(self: Store, job: RunRecord, *arguments: Any, **fields: Any) -> RunRecord:
        monkeypatch.setattr(Store, "change", change)
        queue.resume(run.id)
        return change(self, job, *arguments, **fields)

    monkeypatch.setattr(Store, "change", resumed_first)
    with pytest.raises(WrongState, match="only a run that has ended can be retried"):
        queue.retry(run.id)
    assert queries.run(run.id).state == "queued"
    assert of_run(run.id).kept_iterations() == [20]
    assert of_run(run.id).stream.read_bytes() == b"rows"


def test_a_late_observer_does_not_end_a_run_that_has_restarted(run: RunRecord) -> None:
    index = store.of_home()
    index.claim()
    index.report(run.id, pid=999_999_999, pid_created=1.0)
    seen = queries.run(run.id)  # by two processes, of which one is slow
    supervisor.end_if_dead(index, seen)
    queue.resume(run.id)
    claimed = index.claim()
    assert claimed is not None
    supervisor.end(index, seen, "interrupted", Message("errors.runs.finished", iterations=1))
    assert queries.run(run.id).state == "running"
    index.report(run.id, pid=os.getpid(), pid_created=None)
    for stale in (seen, claimed):
        assert not index_ends(index, stale)


def index_ends(index: Store, job: Job) -> bool:
    supervisor.end(index, job, "stopped", Message("errors.labs.stopped"))
    return queries.run(job.id).state != "running"


def test_stop_now_ends_the_worker_that_runs_now(run: RunRecord) -> None:
    index = store.of_home()
    index.claim()
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    index.report(run.id, pid=process.pid, pid_created=processes.created(process.pid))
    stopped = queue.stop(run.id, now=True)
    assert process.wait(60) != 0
    assert (stopped.state, stopped.pid) == ("stopped", None)
    assert "starts from the beginning" in stopped.reason


def test_a_fork_on_a_full_disk_gives_the_systems_reason(
    run: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint(run, 20)

    def copy(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copy", copy)
    monkeypatch.setattr(shutil, "copy2", copy)
    monkeypatch.setattr(shutil, "copyfile", copy)
    with pytest.raises(PlaygroundError, match=r"could not be copied \(No space left on device\)"):
        queue.fork(run.id, 20)
    assert [r.id for r in queries.runs()] == [run.id]
