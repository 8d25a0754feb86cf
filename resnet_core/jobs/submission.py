"""Submitting experiments: checks that need the data, and new runs in the queue."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resnet_core.anatomy.describe import describe
from resnet_core.data import catalog
from resnet_core.data.selection import DataFacts, Selection
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import store
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


def _absolute(name: str) -> str:
    """Return a path in full: the worker may have another working directory."""
    path = Path(name).expanduser()
    return str(path.resolve()) if name not in catalog.NAMES and path.exists() else name
