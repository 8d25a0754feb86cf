"""The laboratories by name; their modules are imported on demand."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Generator, Sequence
from typing import Any

from resnet_core.errors import InvalidSetting
from resnet_core.labs.events import Event
from resnet_core.labs.question import LabSettings, Question

# Settings of the laboratory's class and `TrainedNetwork`s in, events out.
Run = Callable[[LabSettings, Sequence[Any]], Generator[Event, None, None]]

# In the order in which they are shown.
NAMES: tuple[str, ...] = (
    "microscope",
    "graft",
    "dial",
    "lesion",
    "paths",
    "forward",
    "backward",
    "court",
    "shattered",
    "landscape",
    "gates",
    "sweep",
    "ensemble",
    "depth",
    "transfer",
)

# On pages of their own, not among the questions of Why.
TOOLS: tuple[str, ...] = ("attribution", "masks", "randomised", "activations")


def all_names() -> tuple[str, ...]:
    """Everything that can be requested: the laboratories, then the tools."""
    return (*NAMES, *TOOLS)


def question(name: str) -> Question:
    """The laboratory's question; imports no torch.

    Raises:
        InvalidSetting: there is no such laboratory; names the nearest.
    """
    _check(name)
    question: Question = importlib.import_module(f"resnet_core.labs.{name}.question").QUESTION
    return question


def experiment(name: str) -> Run:
    """The laboratory's `run`; imports torch.

    Raises:
        InvalidSetting: there is no such laboratory; names the nearest.
    """
    _check(name)
    run: Run = importlib.import_module(f"resnet_core.labs.{name}.run").run
    return run


def _check(name: str) -> None:
    if name in all_names():
        return
    near = difflib.get_close_matches(name, all_names(), n=1)
    if near:
        raise InvalidSetting("laboratory", "labs.unknown_near", name=name[:60], near=near[0])
    raise InvalidSetting("laboratory", "labs.unknown", name=name[:60], names=all_names())
