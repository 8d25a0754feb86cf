"""Everything a run can be told, for pages and the command line alike. No torch.

Each function checks first and changes the index in one transaction; workers and the
supervisor act on it within a tenth of a second.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from resnet_core import home
from resnet_core.anatomy import describe
from resnet_core.data.facts import DataFacts
from resnet_core.errors import InvalidSetting, PlaygroundError, WrongState
from resnet_core.experiment import Experiment
from resnet_core.jobs import burial, processes
from resnet_core.jobs.checks import checked
from resnet_core.runs import queries, store
from resnet_core.runs.folder import RunFolder, of_run
from resnet_core.runs.record import ENDED, RESUMABLE, RunRecord

_LOCK_PATIENCE = 5.0  # seconds
_NO_RESUME = {
    "finished": "there is nothing left to train; fork it, or retry it from the beginning",
    "diverged": "it would diverge again; fork it with the change that the run advises",
}


def submit(experiments: Sequence[Experiment], group: str | None = None) -> list[RunRecord]:
    """Check all experiments, then queue them together.

    Args:
        group: an id that the runs share; by default several runs get a new one.

    Raises:
        InvalidSetting: a setting does not fit the data; nothing was queued.
        DataError: the data are missing or unusable; nothing was queued.
    """
    ready = [checked(experiment) for experiment in experiments]
    shared = group or (_new_id() if len(ready) > 1 else "")
    return store.of_home().add([_queued(e, facts, group=shared) for e, facts in ready])


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
        reason = f"It was stopped at once. If resumed, it {burial.where_it_resumes(run)}."
        burial.note_end(store.of_home(), run, "stopped", reason)
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
    _check_state(run, ENDED, message)
    folder = of_run(run_id)
    try:
        # A worker that somebody starts in this moment waits for the lock, then begins anew.
        with FileLock(folder.lock, timeout=_LOCK_PATIENCE):
            _put_aside(folder, run.attempt)
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
    store.of_home().remove(run_id, ENDED | {"queued"}, message)
    _delete_folder(of_run(run_id).path)


def move(run_id: str, position: int) -> RunRecord:
    """Give a queued run another place in the queue; 1 is the next to start.

    Raises:
        RunNotFound, WrongState
    """
    _living(run_id)
    return store.of_home().move(run_id, position)


def fork(run_id: str, iteration: int, **changes: Any) -> RunRecord:
    """Queue a new run that starts from a checkpoint of another, with some settings changed.

    Its iterations go on counting from the checkpoint's, and so does its schedule: both runs
    draw as one tree over one axis.

    Args:
        iteration: one of `queries.fork_points`.
        changes: fields of `Experiment`; `iterations` is the count at which the fork ends.

    Raises:
        RunNotFound: there is no such run.
        InvalidSetting: a setting is not possible, or there is no such checkpoint.
    """
    parent = queries.run(run_id)
    if parent.recorded:
        raise WrongState(f"{parent.title} is a recording without weights; train it here first.")
    _check_fork_point(parent, iteration)
    name = f"{parent.title[:60]} from {iteration}"
    child = parent.experiment.changed(**{"name": name, **changes})
    if child.iterations <= iteration:
        raise InvalidSetting(
            "iterations",
            f"{child.iterations} is not beyond the checkpoint's {iteration}; "
            f"use at least {iteration + 1}.",
        )
    record = _queued(
        *checked(child), parent=run_id, parent_iteration=iteration, iteration=iteration
    )
    try:
        _copy_origin(parent, iteration, of_run(record.id))
        return store.of_home().add([record])[0]
    except BaseException:
        shutil.rmtree(of_run(record.id).path, ignore_errors=True)
        raise


def _queued(experiment: Experiment, facts: DataFacts, **fields: Any) -> RunRecord:
    spec = experiment.network_spec(facts.image_size, facts.channels, facts.classes)
    return RunRecord(
        id=_new_id(),
        experiment=experiment,
        state="queued",
        created=time.time(),
        data_title=facts.title,
        parameters=describe(spec).parameters,
        **fields,
    )


def _new_id() -> str:
    return f"{time.strftime('%Y%m%d')}-{secrets.token_hex(3)}"


def _living(run_id: str) -> RunRecord:
    """The run as it truly is: a worker's death is noticed here even without a supervisor."""
    run = queries.run(run_id)
    if run.recorded:
        raise WrongState(f"{run.title} is a recording that ships with the project.")
    if run.state == "running" and burial.bury(store.of_home(), burial.alive_here, run):
        run = store.of_home().get(run_id)
    return run


def _check_state(run: RunRecord, allowed: frozenset[Any], message: str) -> None:
    if run.state not in allowed:
        raise WrongState(message.format(title=run.title, state=run.state))


def _check_fork_point(parent: RunRecord, iteration: int) -> None:
    points = queries.fork_points(parent.id)
    if not points:
        raise WrongState(f"{parent.title} has no checkpoint yet to fork from; train it first.")
    if iteration not in points:
        nearest = sorted(sorted(points, key=lambda point: abs(point - iteration))[:2])
        raise InvalidSetting(
            "iteration",
            f"{parent.title} has no checkpoint at {iteration}; the nearest are at "
            f"{' and '.join(map(str, nearest))}.",
        )


def _copy_origin(parent: RunRecord, iteration: int, child: RunFolder) -> None:
    source = of_run(parent.id).checkpoint(iteration)
    try:
        child.origin.mkdir(parents=True)
        shutil.copytree(source, child.origin / "checkpoints" / source.name)
        shutil.copy(of_run(parent.id).experiment, child.origin / "experiment.json")
    except OSError as error:
        raise PlaygroundError(
            f"The checkpoint {source.name} of {parent.title} could not be copied "
            f"({error.strerror}); free some space, or fork from another one."
        ) from error


def _put_aside(folder: RunFolder, attempt: int) -> None:
    aside = folder.attempts / str(attempt)
    aside.mkdir(parents=True, exist_ok=True)
    for path in (folder.stream, folder.compacted, folder.log):
        if path.exists():
            path.replace(aside / path.name)
    if folder.checkpoints.exists():
        _delete_folder(folder.checkpoints)


def _delete_folder(path: Path) -> None:
    """Delete a folder of a run, first out of sight so that nobody meets half of it."""
    if home.runs_folder() not in path.parents or path.is_symlink():
        raise PlaygroundError(f"{path} is not a folder of runs; it was left alone.")
    if not path.exists():
        return
    doomed = path.with_name(f".deleted-{path.name}-{secrets.token_hex(3)}")
    try:
        path.replace(doomed)
        shutil.rmtree(doomed)
    except OSError as error:
        raise PlaygroundError(
            f"{path} could not be deleted whole ({error.strerror}); close what has it open and "
            f"delete it by hand."
        ) from error
