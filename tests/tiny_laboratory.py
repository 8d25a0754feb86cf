"""A laboratory that counts, for everything that must work whatever a laboratory asks."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest
from pydantic import Field

from resnet_core.labs import catalog
from resnet_core.labs.catalog import Question
from resnet_core.labs.events import Event, Progress, Rows, Verdict
from resnet_core.labs.results import results
from resnet_core.labs.results.request import of_result
from resnet_core.system import texts

NAME = "tiny"


class Settings(catalog.LabSettings):
    steps: int = Field(3, ge=1, le=100_000)
    pause: float = Field(0.0, ge=0)
    parity: Literal[0, 1] = Field(0)
    colours: tuple[Literal["red", "green"], ...] = Field(("red",))
    loud: bool = Field(False)
    ends: Literal["well", "badly", "silently", "full", "memory"] = "well"


QUESTION = Question(
    name=NAME,
    settings=Settings,
    tables={"counts": ("number", "square", "note"), "nothing": ("a",)},
    runs=(),
    most_runs=2,
    accepts=lambda experiment: "labs.gates_weigh" if "highway" in experiment.network else "",
)


# Its sentences, as a file in assets/texts would have them.
TEXTS = {
    "title": "How far does it count?",
    "lead": "It counts.",
    "paper": "No paper counts.",
    "finding.counted": "It counted to {count:d}.",
    "finding.saw": "It saw {networks}.",
    **{f"help.{field}": f"The {field}." for field in Settings.model_fields},
}


def run(settings: Settings, subjects: Sequence[object]) -> Iterator[Event]:
    """Count; with networks, name them as well."""
    for number in range(1, settings.steps + 1):
        yield Rows("counts", [{"number": number, "square": number**2, "note": None}])
        yield Progress(number, settings.steps)
        time.sleep(settings.pause)
    match settings.ends:
        case "badly":
            raise ZeroDivisionError("nobody thought of this")
        case "silently":
            return
        case "full":
            raise OSError(28, "No space left on device")
        case "memory":
            raise MemoryError
    if subjects:
        yield Verdict("saw", {"networks": ", ".join(s.label for s in subjects)})  # type: ignore[attr-defined]
    yield Verdict("counted", {"count": settings.steps})


def install(patch: pytest.MonkeyPatch, **question: object) -> None:
    """Put it beside the real ones, with parts of its question changed; no runs are needed."""
    asked = ModuleType(f"resnet_core.labs.{NAME}.question")
    asked.QUESTION = dataclasses.replace(QUESTION, **{"most_runs": 0, **question})  # type: ignore[attr-defined, arg-type]
    done = ModuleType(f"resnet_core.labs.{NAME}.run")
    done.run = run  # type: ignore[attr-defined]
    patch.setitem(sys.modules, f"resnet_core.labs.{NAME}", ModuleType(f"resnet_core.labs.{NAME}"))
    patch.setitem(sys.modules, asked.__name__, asked)
    patch.setitem(sys.modules, done.__name__, done)
    patch.setattr(catalog, "NAMES", (*catalog.NAMES, NAME))
    for key, text in TEXTS.items():
        patch.setitem(texts.catalogue(), f"labs.{NAME}.{key}", {"en": text, "ko": text})  # type: ignore[call-overload]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The laboratory that counts; it takes no networks."""
    install(monkeypatch)


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """The laboratory that counts and looks at one or two networks, a recorded one by default."""
    install(monkeypatch, most_runs=2, runs=("one-minute-plain-20-seed-0",))


def started(lab_id: str) -> BaseProcess:
    """A worker at this laboratory, forked from this process as from a waiting spare."""
    return started_at(of_result(lab_id).path)


def started_at(path: Path) -> BaseProcess:
    """A worker on this folder, forked from this process as from a waiting spare."""
    worker = multiprocessing.get_context("fork").Process(target=_work, args=(path,))
    worker.start()
    return worker


def counted(lab_id: str, to: int) -> bool:
    """Whether it has counted this far."""
    table = results.read(lab_id).tables.get("counts")
    return table is not None and len(table) >= to


def _work(path: Path) -> None:
    from resnet_core.jobs.worker import waiting  # torch

    os._exit(waiting.work_alone(path))
