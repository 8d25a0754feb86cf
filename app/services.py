"""The one place where pages meet jobs, queries, data and timings.

Commands are the queue's own, passed through after making sure that a supervisor runs;
what they raise is a sentence for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.background import cost, measurements
from app.background.cost import Estimate
from app.background.measurements import Failed
from resnet_core import anatomy
from resnet_core.data import catalog
from resnet_core.data.catalog import require
from resnet_core.data.selection import DataFacts, Selection
from resnet_core.errors import PlaygroundError, ResultNotFound, RunNotFound
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue, supervisor
from resnet_core.jobs.checks import facts_of
from resnet_core.labs.results import requests, results
from resnet_core.labs.results.request import Order
from resnet_core.labs.results.results import Result
from resnet_core.runs import imported, queries, run_file, store
from resnet_core.runs.imported import Imported
from resnet_core.runs.record import ACTIVE, RunRecord
from resnet_core.specs.names import is_imagenet

if TYPE_CHECKING:
    from resnet_core.runs.curves import Telemetry

__all__ = [
    "Estimate",
    "Failed",
    "estimate",
    "estimate_together",
    "facts_of",
    "known_estimate",
    "known_estimate_together",
    "require",
]

LAB_ACTIVE = frozenset({"waiting", "running"})  # a laboratory that will say more

_TRAINS = {"submit", "resume", "retry", "fork"}  # commands of which a training may come at once

# How long experiments would take here, alone or started together; None while it is measured.
estimate = cost.training.measure
estimate_together = cost.training.together
known_estimate = cost.training.known  # nothing is measured
known_estimate_together = cost.training.known_together


# Commands


def submit(experiments: Sequence[Experiment], group: str | None = None) -> list[RunRecord]:
    """Queue the experiments together, or none of them.

    Raises:
        InvalidSetting, DataError: names the field and the nearest good value.
    """
    return _tell("submit", experiments, group)


def pause(run_id: str) -> None:
    _tell("pause", run_id)


def resume(run_id: str) -> None:
    _tell("resume", run_id)


def stop(run_id: str, now: bool = False) -> None:
    _tell("stop", run_id, now)


def retry(run_id: str) -> None:
    _tell("retry", run_id)


def delete(run_id: str) -> None:
    _tell("delete", run_id)


def move(run_id: str, position: int) -> None:
    _tell("move", run_id, position)


def fork(run_id: str, iteration: int, **changes: Any) -> RunRecord:
    """Queue a run that starts from another's checkpoint with some settings changed.

    Raises:
        RunNotFound, InvalidSetting, WrongState
    """
    return _tell("fork", run_id, iteration, **changes)


def ensure_supervisor() -> None:
    """Have queued runs started, by this machine's one supervisor.

    Raises:
        PlaygroundError: it cannot be started.
    """
    supervisor.ensure_running()


def _tell(command: str, *arguments: Any, **changes: Any) -> Any:
    answer = getattr(queue, command)(*arguments, **changes)
    if command in _TRAINS:
        measurements.make_way()
    ensure_supervisor()
    return answer


def ask(order: Order, anew: bool = False) -> str:
    """Have a laboratory answer; the id of its result, which may be there already.

    Args:
        anew: compute it here even where there is a result, own or recorded.

    Raises:
        PlaygroundError: it cannot be written down.
    """
    known = lab_result(order.id) if anew else None
    if known is not None and known.state not in LAB_ACTIVE:
        requests.retry(order.id)
    else:
        requests.submit(order)
    ensure_supervisor()
    return order.id


def stop_lab(lab_id: str) -> None:
    """Have a laboratory end; what it has found stays.

    Raises:
        ResultNotFound, WrongState
    """
    requests.stop(lab_id)


# Queries


def lab_result(lab_id: str) -> Result | None:
    """What a laboratory has said so far, here or on record; None where it was never asked."""
    try:
        return results.read(lab_id)
    except ResultNotFound:
        return None


def lab_recording(name: str) -> Result | None:
    """The recorded result that a laboratory opens with, where there is one.

    Raises:
        PlaygroundError: it is damaged, or of another version of the laboratory.
    """
    return results.recorded(name)


def runs() -> list[RunRecord]:
    """The runs of this home folder, newest first."""
    return queries.runs()


def active() -> list[RunRecord]:
    """The runs that train or wait for it, in the order of the queue."""
    return store.of_home().in_states(ACTIVE)


def recorded() -> list[RunRecord]:
    """The recordings that ship with the project, oldest first."""
    return queries.recorded()


def group(name: str) -> list[RunRecord]:
    """The runs that were started together under this name, here or recorded."""
    return queries.group(name) or [run for run in recorded() if run.group == name]


def run(run_id: str) -> RunRecord:
    """The run with this id, of this home folder or recorded.

    Raises:
        RunNotFound
    """
    return queries.run(run_id)


def known(ids: Iterable[str]) -> tuple[list[RunRecord], list[str]]:
    """The runs with these ids, and the ids that no run has."""
    found, missing = [], []
    for run_id in ids:
        try:
            found.append(queries.run(run_id))
        except RunNotFound:
            missing.append(run_id)
    return found, missing


def family(run_id: str) -> list[RunRecord]:
    """The run's tree of forks, oldest first."""
    return queries.family(run_id)


def telemetry(run_id: str) -> Telemetry:
    """Everything measured so far; empty for a run that has not started.

    Raises:
        RunNotFound, PlaygroundError
    """
    return queries.telemetry(run_id)


def measured(record: RunRecord) -> Telemetry:
    """As `telemetry`, of a run that is known already.

    Raises:
        PlaygroundError
    """
    return queries.measured(record)


def damage(record: RunRecord) -> str | None:
    """What is missing of a run's files: its "folder", its "experiment", its "source", or
    nothing."""
    files = queries.folder(record)
    try:
        state = files.experiment.stat()
    except OSError:
        return "experiment" if files.path.is_dir() else "folder"
    if not _is_readable(files.experiment, state.st_mtime_ns, state.st_size):
        return "experiment"
    return "source" if record.imported and source(record) is None else None


@lru_cache(maxsize=4096)
def _is_readable(experiment: Path, modified: int, size: int) -> bool:
    """Read once for each state of the file: a list asks for every row, every second."""
    try:
        run_file.read_experiment(experiment.read_text(encoding="utf-8"))
    except (OSError, ValueError, PlaygroundError):
        return False
    return True


def source(record: RunRecord) -> Imported | None:
    """Where weights that were trained elsewhere are from; None for others, or where what says
    so is gone, which `damage` tells."""
    try:
        return imported.of(record)
    except PlaygroundError:
        return None


def fork_points(run_id: str) -> list[int]:
    return queries.fork_points(run_id)


def log_tail(run_id: str, lines: int = 50) -> str:
    return queries.log_tail(run_id, lines)


# Facts


def facts(data: str) -> DataFacts:
    """Sizes of a data set, without reading its pixels.

    Raises:
        DataError: it is unknown, missing or unsafe to read.
    """
    return catalog.facts(Selection(data))


def describe(experiment: Experiment) -> anatomy.Anatomy:
    """The network of an experiment on its data, by arithmetic.

    Where the data are not there yet, their usual sizes are assumed: CIFAR-10's or ImageNet's.
    """
    try:
        # A million pictures are listed for ImageNet's networks, but not opened.
        imagenet = is_imagenet(experiment.network)
        sizes = facts_of(experiment) if imagenet else facts(experiment.data)
    except PlaygroundError:
        return _describe(experiment)
    return _describe(experiment, sizes.image_size, sizes.channels, sizes.classes)


@lru_cache(maxsize=256)
def _describe(
    experiment: Experiment,
    image_size: int | None = None,
    channels: int | None = None,
    classes: int | None = None,
) -> anatomy.Anatomy:
    return anatomy.describe(experiment.network_spec(image_size, channels, classes))
