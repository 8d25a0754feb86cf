"""Everything a run can be told, for pages and the command line alike. No torch.

Each function checks first and changes the index in one transaction; workers and the
supervisor act on it within a tenth of a second.
"""

from __future__ import annotations

from typing import Any

from filelock import FileLock, Timeout

from resnet_core.errors import WrongState
from resnet_core.jobs import dead_workers, folders
from resnet_core.jobs.forking import fork
from resnet_core.jobs.submission import submit
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import ENDED, RESUMABLE, RunRecord
from resnet_core.system import processes

__all__ = ["delete", "fork", "move", "pause", "resume", "retry", "stop", "submit"]

_LOCK_PATIENCE = 5.0  # seconds
_NO_RESUME = {
    "finished": "there is nothing left to train; fork it, or retry it from the beginning",
    "diverged": "it would diverge again; fork it with the change that the run advises",
    "imported": "it was trained elsewhere, so there is no training here to go on with",
}


def pause(run_id: str) -> RunRecord:
    """Have the run save its state and let its slot go; `resume` goes on.

    Raises:
        RunNotFound, WrongState
    """
    _living(run_id)
    return store.of_home().ask(run_id, "pause", "paused")


def stop(run_id: str, now: bool = False) -> RunRecord:
    """Have the run save its state and end; it can still be resumed.

    Args:
        now: kill the worker if it runs; what was trained since the last checkpoint is lost.

    Raises:
        RunNotFound, WrongState
    """
    run = _living(run_id)
    asked = store.of_home().ask(run_id, "stop", "stopped")
    if now and run.pid is not None:
        processes.kill(run.pid, run.pid_created)
        reason = f"It was stopped at once. If resumed, it {dead_workers.where_it_resumes(run)}."
        dead_workers.note_end(store.of_home(), run, "stopped", reason)
        return store.of_home().get(run_id)
    return asked


def resume(run_id: str) -> RunRecord:
    """Queue a run again; it goes on from its newest checkpoint, bit for bit as if never ended.

    Raises:
        RunNotFound, WrongState
    """
    run = _living(run_id)
    advice = _NO_RESUME.get(run.state, "only a paused, stopped, failed or interrupted run resumes")
    message = f"{{title}} is {{state}}; {advice}."
    return store.of_home().change(run_id, RESUMABLE, message, state="queued", request=None)


def retry(run_id: str) -> RunRecord:
    """Queue a run once more from its beginning, as a new attempt.

    The old attempt's telemetry and log are put aside in `attempts`, its checkpoints deleted.

    Raises:
        RunNotFound, WrongState
    """
    run = _living(run_id)
    message = "{title} is {state}; only a run that has ended can be retried. Stop it first."
    if run.imported:
        raise WrongState(f"{run.title} is imported: there is no training here to repeat.")
    _check_state(run, ENDED, message)
    folder = of_run(run_id)
    try:
        # A worker that somebody starts in this moment waits for the lock, then begins anew.
        with FileLock(folder.lock, timeout=_LOCK_PATIENCE):
            folders.put_aside(folder, run.attempt)
            return store.of_home().change(
                run_id,
                ENDED,
                message,
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
        raise WrongState(f"{run.title} still has a worker; stop it first.") from error


def delete(run_id: str) -> None:
    """Delete a run that does not run, with its folder. Forks of it keep all they need.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it is running, or it is a recording.
        PlaygroundError: the folder cannot be deleted.
    """
    _living(run_id)
    message = "{title} is running; stop it first, then delete it."
    store.of_home().remove(run_id, ENDED | {"queued", "imported"}, message)
    folders.delete_folder(of_run(run_id).path)


def move(run_id: str, position: int) -> RunRecord:
    """Give a queued run another place in the queue; 1 is the next to start.

    Raises:
        RunNotFound, WrongState
    """
    _living(run_id)
    return store.of_home().move(run_id, position)


def _living(run_id: str) -> RunRecord:
    """The run as it truly is: a worker's death is noticed here even without a supervisor."""
    run = queries.run(run_id)
    if run.recorded:
        raise WrongState(f"{run.title} is a recording that ships with the project.")
    if run.state == "running" and dead_workers.bury(store.of_home(), dead_workers.alive_here, run):
        run = store.of_home().get(run_id)
    return run


def _check_state(run: RunRecord, allowed: frozenset[Any], message: str) -> None:
    if run.state not in allowed:
        raise WrongState(message.format(title=run.title, state=run.state))
