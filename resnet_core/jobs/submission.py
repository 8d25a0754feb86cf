"""New runs in the queue: experiments, checked against their data, and forks of other runs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resnet_core.anatomy.describe import describe
from resnet_core.data import catalog
from resnet_core.data.selection import DataFacts, Selection
from resnet_core.errors import InvalidSetting, PlaygroundError, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.network_settings import check_fork
from resnet_core.runs import queries, store
from resnet_core.runs.folder import RunFolder, of_run
from resnet_core.runs.record import RunRecord, new_id


def submit(experiments: Sequence[Experiment], group: str | None = None) -> list[RunRecord]:
    """Check all experiments, then queue them together.

    Args:
        group: an id that the runs share; by default several runs get a new one.

    Raises:
        InvalidSetting: a setting does not fit the data; nothing was queued.
        DataError: the data are missing or unusable; nothing was queued.
    """
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
    return RunRecord(
        id=new_id(),
        experiment=experiment,
        state="queued",
        created=time.time(),
        data_title=facts.title,
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
