"""Commands on runs, for pages and the command line. No torch.

Each function checks first and changes the index in one transaction; workers and the
supervisor act on it within a tenth of a second.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from resnet_core.errors import PlaygroundError, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import dead_workers
from resnet_core.jobs.submission import check, fork, submit
from resnet_core.runs import queries, store
from resnet_core.runs.folder import RunFolder, of_run
from resnet_core.runs.record import ACTIVE, ALLOWED, RESUMABLE, RunRecord, State
from resnet_core.runs.store import wrong_state
from resnet_core.system import home, processes
from resnet_core.system.texts import Message

__all__ = [
    "delete",
    "fork",
    "move",
    "pause",
    "resume",
    "retry",
    "stop",
    "submit",
    "submit_or_resume",
]

_LOCK_PATIENCE = 5.0  # seconds
# Which of several runs of one experiment `submit_or_resume` takes.
_PREFERRED: tuple[frozenset[State], ...] = (frozenset({"finished"}), ACTIVE, RESUMABLE)


def submit_or_resume(experiments: Sequence[Experiment], group: str) -> list[RunRecord]:
    """Return one run for each experiment: a finished, an active, a resumed or a new one.

    Forks are left alone: they did not begin where the experiment begins.

    Raises:
        InvalidSetting, DataError: an experiment does not fit its data; nothing was changed.
    """
    checked = [check(experiment)[0] for experiment in experiments]
    runs = [run for run in queries.runs() if run.parent is None]
    present = [_preferred(experiment, runs) for experiment in checked]
    missing = [one for one, run in zip(checked, present, strict=True) if run is None]
    new = iter(submit(missing, group))
    return [
        next(new) if run is None else resume(run.id) if run.state in RESUMABLE else run
        for run in present
    ]


def pause(run_id: str) -> RunRecord:
    """Have the run save its state and let its slot go; `resume` continues it.

    Raises:
        RunNotFound, WrongState
    """
    return store.of_home().ask(_current(run_id), "pause", "queue.no_pause")


def stop(run_id: str, now: bool = False) -> RunRecord:
    """Have the run save its state and end; it can still be resumed.

    Args:
        now: kill the worker if it runs; what was trained since the last checkpoint is lost.

    Raises:
        RunNotFound, WrongState
    """
    index = store.of_home()
    run = index.ask(_current(run_id), "stop", "queue.no_stop")
    if now and run.pid is not None:
        processes.kill(run.pid, run.pid_created)
        reason = Message("errors.runs.stopped_now", resumed=dead_workers.resume_point(index, run))
        dead_workers.end(index, run, "stopped", reason)
        return index.get(run_id)
    return run


def resume(run_id: str) -> RunRecord:
    """Queue a run again; it goes on from its newest checkpoint, bit for bit as if never ended.

    Raises:
        RunNotFound, WrongState
    """
    run = _current(run_id)
    special = {"finished", "diverged", "imported"}  # with advice of their own
    refusal = f"queue.no_resume_{run.state}" if run.state in special else "queue.no_resume"
    index = store.of_home()
    return index.change(run, ALLOWED["resume"], refusal, state="queued", request=None)


def retry(run_id: str) -> RunRecord:
    """Queue a run once more from its beginning, as a new attempt.

    The old attempt's telemetry and log are put aside in `attempts`, its checkpoints deleted.

    Raises:
        RunNotFound, WrongState
    """
    run = _current(run_id)
    if run.imported:
        raise WrongState("queue.no_retry_imported", title=run.title)
    if run.state not in ALLOWED["retry"]:
        raise wrong_state("queue.no_retry", run)
    folder = of_run(run_id)
    doomed = _hidden(folder.checkpoints)
    try:
        # A worker that is started in this moment waits for the lock, then begins again.
        with FileLock(folder.lock, timeout=_LOCK_PATIENCE):
            queued = store.of_home().change(
                run,
                ALLOWED["retry"],
                "queue.no_retry",
                prepare=lambda: _put_aside(folder, run.attempt, doomed),
                state="queued",
                attempt=run.attempt + 1,
                iteration=run.parent_iteration or 0,
                seconds=0.0,
                started=None,
                ended=None,
                images_per_second=None,
                train_error=None,
                test_error=None,
                weights_sha256=None,
                threads=None,
                exit_reason="",
            )
    except Timeout as error:
        raise WrongState("queue.still_has_worker", title=run.title) from error
    shutil.rmtree(doomed, ignore_errors=True)
    return queued


def delete(run_id: str) -> None:
    """Delete a run that does not run, with its folder. Forks of it keep all they need.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it is running, or it is a recording.
        PlaygroundError: the folder cannot be deleted.
    """
    store.of_home().remove(_current(run_id), ALLOWED["delete"], "queue.no_delete")
    delete_folder(of_run(run_id).path)


def move(run_id: str, position: int) -> RunRecord:
    """Give a queued run another place in the queue; 1 is the next to start.

    Raises:
        RunNotFound, WrongState
    """
    return store.of_home().move(_current(run_id), position, "queue.no_move")


def delete_folder(path: Path) -> None:
    """Delete a run's folder, first renaming it so that no reader opens half of it."""
    if home.runs_folder() not in path.parents or path.is_symlink():
        raise PlaygroundError("queue.no_run_folder", path=path)
    if not path.exists():
        return
    try:
        doomed = path.replace(_hidden(path))
        shutil.rmtree(doomed)
    except OSError as error:
        raise PlaygroundError("queue.half_deleted", path=path, error=error) from error


def _put_aside(folder: RunFolder, attempt: int, doomed: Path) -> None:
    """Move an attempt's telemetry and log to `attempts` and its checkpoints to `doomed`."""
    try:
        aside = folder.attempts / str(attempt)
        aside.mkdir(parents=True, exist_ok=True)
        for path in (folder.stream, folder.compacted, folder.log):
            if path.exists():
                path.replace(aside / path.name)
        if folder.checkpoints.exists():
            folder.checkpoints.replace(doomed)
    except OSError as error:
        raise PlaygroundError("runs.folder_unwritable", path=folder.path, error=error) from error


def _hidden(path: Path) -> Path:
    return path.with_name(f".deleted-{path.name}-{secrets.token_hex(3)}")


def _preferred(experiment: Experiment, runs: Sequence[RunRecord]) -> RunRecord | None:
    same = [run for run in runs if run.experiment == experiment]
    for states in _PREFERRED:
        for run in same:
            if run.state in states:
                return run
    return None


def _current(run_id: str) -> RunRecord:
    """Return the run, once a dead worker of it is recorded: no supervisor may be running."""
    run = queries.run(run_id)
    if run.recorded:
        raise WrongState("queue.recording", title=run.title)
    if dead_workers.end_if_dead(store.of_home(), run):
        run = store.of_home().get(run_id)
    return run
