"""Going on with what is there: experiments of which some have been trained already."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue, submission
from resnet_core.jobs.checks import checked
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE, RESUMABLE, RunRecord, State

# Which of several runs of one experiment is gone on with.
_PREFERRED: tuple[frozenset[State], ...] = (frozenset({"finished"}), ACTIVE, RESUMABLE)


def adopt(experiments: Sequence[Experiment], group: str) -> list[RunRecord]:
    """One run for each experiment: the finished one, or one that is gone on with, or a new one.

    Forks are left alone: they did not begin where the experiment begins.

    Raises:
        InvalidSetting, DataError: an experiment does not fit its data; nothing was changed.
    """
    wanted = [checked(experiment)[0] for experiment in experiments]
    known = [run for run in queries.runs() if run.parent is None]
    found = [_best(experiment, known) for experiment in wanted]
    missing = [one for one, run in zip(wanted, found, strict=True) if run is None]
    new = iter(submission.submit(missing, group))
    return [next(new) if run is None else _going_on(run) for run in found]


def _best(experiment: Experiment, known: Sequence[RunRecord]) -> RunRecord | None:
    same = [run for run in known if run.experiment == experiment]
    for states in _PREFERRED:
        for run in same:
            if run.state in states:
                return run
    return None


def _going_on(run: RunRecord) -> RunRecord:
    return queue.resume(run.id) if run.state in RESUMABLE else run
