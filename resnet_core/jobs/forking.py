"""Forks: new runs that start from the checkpoints of others."""

from __future__ import annotations

import shutil
from typing import Any

from resnet_core.errors import InvalidSetting, PlaygroundError, WrongState
from resnet_core.experiments.network_settings import check_fork
from resnet_core.jobs.submission import check, new_record
from resnet_core.runs import queries, store
from resnet_core.runs.folder import RunFolder, of_run
from resnet_core.runs.record import RunRecord


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
