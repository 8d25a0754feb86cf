"""Putting experiments into the queue."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from resnet_core.anatomy.describe import describe
from resnet_core.data.selection import DataFacts
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.checks import checked
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
    ready = [checked(experiment) for experiment in experiments]
    shared = group or (new_id() if len(ready) > 1 else "")
    return store.of_home().add([new_record(e, facts, group=shared) for e, facts in ready])


def new_record(experiment: Experiment, facts: DataFacts, **fields: Any) -> RunRecord:
    """A run of a checked experiment, queued as soon as the store has it."""
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
