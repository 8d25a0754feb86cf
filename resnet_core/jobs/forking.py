"""New runs from the checkpoints of others."""

from __future__ import annotations

import shutil
from typing import Any

from resnet_core.errors import InvalidSetting, PlaygroundError, WrongState
from resnet_core.experiments.network_settings import check_fork
from resnet_core.jobs.checks import checked
from resnet_core.jobs.submission import new_record
from resnet_core.runs import queries, store
from resnet_core.runs.folder import RunFolder, of_run
from resnet_core.runs.record import RunRecord


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
        raise WrongState(f"{parent.title} is a recording; train it here to fork it.")
    if parent.imported:
        raise WrongState(
            f"{parent.title} is imported: with what recipe it was trained is not known, and its "
            f"images may be prepared otherwise than a training here does. Start a new run."
        )
    _check_fork_point(parent, iteration)
    child = parent.experiment.changed(**changes)
    if "name" not in changes:
        network, origin = child.network.partition("/")[2], parent.title[:40].replace("/", " ")
        child = child.changed(name=f"{network} from {origin} at {iteration}")
    if child.iterations <= iteration:
        raise InvalidSetting(
            "iterations",
            f"{child.iterations} is not beyond the checkpoint's {iteration}; "
            f"use at least {iteration + 1}.",
        )
    check_fork(parent.experiment, child)
    record = new_record(
        *checked(child), parent=run_id, parent_iteration=iteration, iteration=iteration
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
        target = child.origin / "checkpoints" / source.name
        target.mkdir(parents=True)
        for file in source.iterdir():  # copytree's error would have no reason
            shutil.copyfile(file, target / file.name)
        shutil.copy(of_run(parent.id).experiment, child.origin / "experiment.json")
    except OSError as error:
        raise PlaygroundError(
            f"The checkpoint {source.name} of {parent.title} could not be copied "
            f"({error.strerror}); free some space, or fork from another one."
        ) from error
