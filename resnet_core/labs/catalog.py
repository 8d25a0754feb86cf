"""The laboratories by name; each one's files are imported when they are asked for."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

from resnet_core.errors import InvalidSetting
from resnet_core.labs.events import Event
from resnet_core.labs.question import Question, Settings

if TYPE_CHECKING:
    from resnet_core.labs.tools.trained_network import Subject

    Run = Callable[[Settings, Sequence[Subject]], Generator[Event, None, None]]

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

# Asked from pages of their own, and not among the questions of why.
TOOLS: tuple[str, ...] = ("attribution", "masks", "randomised", "activations")


def all_names() -> tuple[str, ...]:
    """Everything that can be ordered: the laboratories, then the tools."""
    return (*NAMES, *TOOLS)


def question(name: str) -> Question:
    """What the laboratory asks, without torch.

    Raises:
        InvalidSetting: there is no such laboratory; names the nearest.
    """
    module = importlib.import_module(f"resnet_core.labs.{_known(name)}.question")
    found: Question = module.QUESTION
    return found


def experiment(name: str) -> Run:
    """The laboratory's `run`; imports torch.

    Raises:
        InvalidSetting: there is no such laboratory; names the nearest.
    """
    run: Run = importlib.import_module(f"resnet_core.labs.{_known(name)}.run").run
    return run


def _known(name: str) -> str:
    if name in all_names():
        return name
    near = difflib.get_close_matches(name, all_names(), n=1)
    advice = f"did you mean {near[0]}" if near else f"choose one of {', '.join(all_names())}"
    raise InvalidSetting("laboratory", f"there is none called {name[:60]!r}; {advice}.")
