"""Commands on runs, for pages and the command line. No torch.

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

from resnet_core.anatomy.describe import describe
from resnet_core.data import catalog
from resnet_core.data.dataset import DataFacts, Selection
from resnet_core.errors import InvalidSetting, PlaygroundError, RunNotFound, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.network_settings import check_fork
from resnet_core.jobs import supervisor
from resnet_core.runs import queries, store
from resnet_core.runs.folder import RunFolder, explained, of_run
from resnet_core.runs.record import ACTIVE, ALLOWED, RESUMABLE, RunRecord, State, new_id
from resnet_core.runs.store import wrong_state
from resnet_core.system import home, processes
from resnet_core.system.texts import Message

_LOCK_PATIENCE = 5.0  # seconds
# Which of several runs of one experiment `submit_or_resume` takes.
_PREFERRED: tuple[frozenset[State], ...] = (frozenset({"finished"}), ACTIVE, RESUMABLE)


MOST_QUEUED = 500  # runs that wait: the list stays quick, and days of work are planned


def submit(experiments: Sequence[Experiment], group: str | None = None) -> list[RunRecord]:
    """Check all experiments, then queue them together.

    Args:
        group: an id that the runs share; by default several runs get a new one.

    Raises:
        InvalidSetting: a setting does not fit the data; nothing was queued.
        DataError: the data are missing or unusable; nothing was queued.
        WrongState: too many runs wait already.
    """
    waiting = len(store.of_home().jobs({"queued"}))
    if waiting + len(experiments) > MOST_QUEUED:
        raise WrongState("queue.full", waiting=waiting, most=MOST_QUEUED)
    checked = [check(experiment) for experiment in experiments]
    shared = group or (new_id() if len(checked) > 1 else "")
    return store.of_home().add([new_record(e, facts, group=shared) for e, facts in checked])


def fork(run_id: str, iteration: int, **changes: Any) -> RunRecord:
    """Queue a new run that starts from a checkpoint of another, with some settings changed.

    Its iterations continue the checkpoint's, and so does its schedule: both runs are drawn as
    one tree over one axis.

    Args:
        iteration: one of `queries.fork_points`.
        changes: fields of `Experiment`; `iterations` is the count at which the fork ends.

    Raises:
        RunNotFound: there is no such run.
        InvalidSetting: a setting is not possible, or there is no such checkpoint.
    """
    parent = queries.run(run_id)
    if parent.recorded:
        raise WrongState("fork.recording", title=parent.title)
    if parent.imported:
        raise WrongState("fork.imported", title=parent.title)
    _check_fork_point(parent, iteration)
    child = parent.experiment.changed(**changes)
    if "name" not in changes:
        network, origin = child.network.partition("/")[2], parent.title[:40].replace("/", " ")
        child = child.changed(name=f"{network} from {origin} at {iteration}")
    if child.iterations <= iteration:
        raise InvalidSetting(
            "iterations",
            "fork.too_short",
            iterations=child.iterations,
            iteration=iteration,
            least=iteration + 1,
        )
    check_fork(parent.experiment, child)
    record = new_record(
        *check(child), parent=run_id, parent_iteration=iteration, iteration=iteration
    )
    try:
        _copy_origin(parent, iteration, of_run(record.id))
        return store.of_home().add([record])[0]
    except BaseException:
        shutil.rmtree(of_run(record.id).path, ignore_errors=True)
        raise


def check(experiment: Experiment) -> tuple[Experiment, DataFacts]:
    """Return the experiment with its data named so that any process finds them, and their facts.

    Raises:
        DataError: the data are missing, unreadable, unsafe, empty or of one class.
        InvalidSetting: the data do not suffice for a setting.
    """
    catalog.require(experiment.data)
    facts = facts_of(experiment)
    return experiment.changed(data=_absolute(facts.name)), facts


def facts_of(experiment: Experiment) -> DataFacts:
    """Return facts of the data as the experiment uses them; they need not be on this machine.

    Raises:
        DataError, InvalidSetting: as for `check`.
    """
    facts = catalog.facts(Selection.of(experiment))
    if experiment.batch_size > facts.train_images:
        raise InvalidSetting(
            "batch_size",
            "jobs.batch_too_large",
            batch_size=experiment.batch_size,
            images=facts.train_images,
            data=facts.title,
        )
    return facts


def new_record(experiment: Experiment, facts: DataFacts, **fields: Any) -> RunRecord:
    """Return a run of a checked experiment, queued as soon as the store has it."""
    spec = experiment.spec_for(facts)
    reading = facts.reading()
    return RunRecord(
        id=new_id(),
        experiment=experiment,
        state="queued",
        created=time.time(),
        data_title=facts.title,
        data_reading=reading.dumps() if reading else "",
        parameters=describe(spec).parameters,
        **fields,
    )


def _check_fork_point(parent: RunRecord, iteration: int) -> None:
    points = queries.fork_points(parent.id)
    if not points:
        raise WrongState("fork.no_checkpoint", title=parent.title)
    if iteration not in points:
        nearest = sorted(sorted(points, key=lambda point: abs(point - iteration))[:2])
        raise InvalidSetting(
            "iteration",
            "fork.no_such_checkpoint",
            title=parent.title,
            iteration=iteration,
            nearest=nearest,
        )


def _copy_origin(parent: RunRecord, iteration: int, child: RunFolder) -> None:
    source = of_run(parent.id).checkpoint(iteration)
    target = child.origin / "checkpoints" / source.name
    try:
        target.mkdir(parents=True)
        # One by one: `copytree` wraps an error of the system and hides its reason.
        for path in source.iterdir():
            shutil.copy(path, target)
        shutil.copy(of_run(parent.id).experiment, child.origin / "experiment.json")
    except OSError as error:
        raise PlaygroundError(
            "fork.cannot_copy", checkpoint=source.name, title=parent.title, error=error
        ) from error


def _absolute(name: str) -> str:
    """Return a path in full: the worker may have another working directory."""
    path = Path(name).expanduser()
    return str(path.resolve()) if name not in catalog.NAMES and path.exists() else name


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
        reason = Message("errors.runs.stopped_now", resumed=supervisor.resume_point(index, run))
        supervisor.end(index, run, "stopped", reason)
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
    run = _current(run_id)
    try:
        store.of_home().remove(run, ALLOWED["delete"], "queue.no_delete")
    except (WrongState, RunNotFound):
        raise
    except PlaygroundError:
        if run.state not in ALLOWED["delete"] or run.recorded:
            raise
        # On a full disk the index takes no change: the folder makes room for it.
        delete_folder(of_run(run_id).path)
        store.of_home().remove(run, ALLOWED["delete"], "queue.no_delete")
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
    with explained(folder.path):
        aside = folder.attempts / str(attempt)
        aside.mkdir(parents=True, exist_ok=True)
        for path in (folder.stream, folder.compacted, folder.log):
            if path.exists():
                path.replace(aside / path.name)
        if folder.checkpoints.exists():
            folder.checkpoints.replace(doomed)


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
    if supervisor.end_if_dead(store.of_home(), run):
        run = store.of_home().get(run_id)
    return run
