"""What can be told to a run in which state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_core.errors import DataError, InvalidSetting, RunNotFound, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import folders, queue
from resnet_core.jobs.folders import PlaygroundError
from resnet_core.runs import queries, run_file, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import ENDED, RESUMABLE, RunRecord


@pytest.fixture
def run(home: Path, experiment: Experiment) -> RunRecord:
    return queue.submit([experiment])[0]


def put(run: RunRecord, state: str) -> None:
    store.of_home().change(run.id, {run.state}, "", state=state)


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
    assert run_file.read(of_run(runs[1].id).path).experiment == runs[1].experiment


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
    with pytest.raises(WrongState, match="nothing left to train; fork it"):
        queue.resume(run.id)
    put(queries.run(run.id), "diverged")
    with pytest.raises(WrongState, match="would diverge again; fork it"):
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
    store.of_home().change(run.id, {"failed"}, "", iteration=20, train_error=3.0, threads=1)

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
            folders.delete_folder(path)
    assert outside.is_dir()


def test_recordings_are_read_only(
    run: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(run, "finished")
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    of_run(run.id).path.rename(recorded / run.id)
    store.of_home().remove(run.id, ENDED, "")
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
