"""Recordings of runs on a copy of CIFAR-10 that nobody else has.

Their settings name the file they were trained on. Where that file is not at hand, CIFAR-10 itself
is what their weights can be looked at with, and what the same experiment can be repeated on: the
same photographs, but for what the copy's compression lost. `data_title` goes on saying what a run
was trained on.
"""

from __future__ import annotations

import dataclasses

from resnet_core.data import catalog
from resnet_core.data.public.sources import SOURCES
from resnet_core.errors import InvalidSetting
from resnet_core.runs.record import RunRecord

ORIGINAL = SOURCES["cifar10"]


def with_images_at_hand(run: RunRecord) -> RunRecord:
    """The recording itself, or with CIFAR-10 as its data where the copy is not on this machine."""
    if not is_of_a_copy(run) or _is_here(run.experiment.data):
        return run
    experiment = run.experiment.model_copy(update={"data": ORIGINAL.name})
    return dataclasses.replace(run, experiment=experiment)


def is_of_a_copy(run: RunRecord) -> bool:
    """Whether it was trained on a copy of CIFAR-10 whose pixels are not the original ones."""
    return run.data_title.startswith(f"{ORIGINAL.title} (")


def _is_here(name: str) -> bool:
    try:
        catalog.canonical(name)
    except InvalidSetting:
        return False
    return True
