"""Measurements of stored runs for the lesson's steps.

Every number that a step shows comes from here. A step whose recording is missing is left out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from app.page_data.lesson import laboratories, trained
from app.page_data.lesson.measured import Measured
from app.page_data.lesson.steps import IDS, Step, step
from resnet_core.errors import PlaygroundError
from resnet_core.runs import queries

_log = logging.getLogger(__name__)

_MEASURES: Mapping[str, Callable[[], Measured]] = {
    "deeper": trained.deeper,
    "training": trained.training,
    "gradients": trained.gradients,
    "copy": laboratories.copy,
    "search": laboratories.search,
    "race": laboratories.race,
    "form": trained.form,
    "twins": trained.twins,
    "responses": trained.responses,
    "remove": laboratories.remove,
    "shortcut": laboratories.shortcut,
    "depth": laboratories.depth,
    "open": laboratories.open_question,
}


def measured_steps() -> list[tuple[Step, Measured]]:
    """Return the steps whose recordings are there, in order, with what these measure."""
    found = ((step(name), measure(name)) for name in IDS)
    return [(one, measured) for one, measured in found if measured is not None]


def measure(name: str) -> Measured | None:
    """Return what is measured for a step; None where its recording is missing or damaged.

    Raises:
        InvalidSetting: there is no such step.
    """
    step(name)
    return _measure(name, queries.RECORDED)


@lru_cache(maxsize=64)
def _measure(name: str, recorded: Path) -> Measured | None:
    """Measure once for each folder of recordings."""
    try:
        return _MEASURES[name]()
    except PlaygroundError as error:
        _log.warning("The lesson leaves out its step %s. %s", name, error)
        return None
