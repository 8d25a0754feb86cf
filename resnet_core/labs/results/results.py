"""Results of laboratories, read: the same for running, finished and recorded ones. No torch."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_core.errors import PlaygroundError, ResultNotFound
from resnet_core.labs import catalog, status
from resnet_core.labs.events import Progress, Verdict
from resnet_core.labs.results import event_log
from resnet_core.labs.results.folder import LabFolder, laboratory_of, of_recording, of_result
from resnet_core.labs.results.request import Order
from resnet_core.labs.status import State

if TYPE_CHECKING:
    import pandas as pd

DAMAGED = "Its results are damaged; run the laboratory again."


@dataclass(frozen=True)
class Result:
    """What a laboratory has found so far.

    Attributes:
        progress: the last that was said; None before the first.
        tables: those that have rows, with the question's columns; not to be changed.
        verdicts: in the order in which they came.
        reason: why it stopped or failed, a sentence.
        seconds: how long it has computed, or did; None before it began.
        hardware: the processor or GPU.
        recorded: whether it ships with the project.
        ended: seconds since the epoch.
    """

    order: Order
    state: State
    progress: Progress | None
    tables: dict[str, pd.DataFrame]
    verdicts: list[Verdict]
    reason: str
    seconds: float | None
    hardware: str
    recorded: bool
    ended: float | None = None

    @property
    def id(self) -> str:
        return self.order.id

    @property
    def day(self) -> str:
        """The day on which it was computed, year-month-day; "" until it has ended."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.ended)) if self.ended else ""

    @property
    def sentences(self) -> list[str]:
        """The verdicts in English."""
        question = catalog.question(self.order.laboratory)
        return [question.sentence(verdict) for verdict in self.verdicts]


def read(lab_id: str) -> Result:
    """The result with this id, of this home folder or else recorded.

    Raises:
        ResultNotFound: there is none.
        PlaygroundError: its folder is damaged.
    """
    folder = of_result(lab_id)
    if folder.order.is_file():
        return _read(folder, recorded=False)
    shipped = recorded(laboratory_of(lab_id))
    if shipped is not None and shipped.id == lab_id:
        return shipped
    beside = of_recording(lab_id)
    if beside.order.is_file():
        return _read(beside, recorded=True)
    raise ResultNotFound(f"There is no result {lab_id[:64]!r}; ask the laboratory.")


def recorded(laboratory: str) -> Result | None:
    """The laboratory's result that ships with the project, if there is one.

    Raises:
        InvalidSetting: there is no such laboratory.
        PlaygroundError: it is damaged, or of another version of the laboratory.
    """
    catalog.question(laboratory)
    folder = of_recording(laboratory)
    return _read(folder, recorded=True) if folder.order.is_file() else None


def _read(folder: LabFolder, recorded: bool) -> Result:
    order = folder.read_order()
    found = status.true(folder, status.read(folder))
    state, reason = found.state, found.reason
    try:
        said = event_log.read(folder.events)
        tables = _tables(folder.events, order.laboratory)
    except PlaygroundError:
        said, tables = event_log.Contents(), {}
        state, reason = "failed", DAMAGED
    return Result(
        order=order,
        state=state,
        progress=said.progress,
        tables=tables,
        verdicts=list(said.verdicts),
        reason=reason,
        seconds=found.seconds,
        hardware=found.hardware,
        recorded=recorded,
        ended=found.ended,
    )


def _tables(path: Path, laboratory: str) -> dict[str, pd.DataFrame]:
    try:
        state = path.stat()
    except FileNotFoundError:
        return {}
    return dict(_frames(path, laboratory, state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=64)
def _frames(path: Path, laboratory: str, modified: int, size: int) -> dict[str, pd.DataFrame]:
    """A file's rows as data frames, made once for each state of the file."""
    import pandas as pd  # takes a second

    columns = catalog.question(laboratory).tables
    rows = event_log.read(path).rows
    return {name: pd.DataFrame(found, columns=columns.get(name)) for name, found in rows.items()}
