"""Results of laboratories: running, finished and recorded ones have the same type. No torch."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_core.errors import PlaygroundError, ResultNotFound
from resnet_core.labs import catalog
from resnet_core.labs.events import Progress, Verdict
from resnet_core.labs.results import event_log
from resnet_core.labs.results.folder import (
    LabFolder,
    laboratory_of,
    of_recording,
    of_result,
    write_whole,
)
from resnet_core.labs.results.request import LabRequest
from resnet_core.runs import store
from resnet_core.runs.folder import read_laboratory, write_laboratory
from resnet_core.runs.record import Job, State
from resnet_core.runs.store import wrong_state
from resnet_core.system.texts import Message

if TYPE_CHECKING:
    import pandas as pd

# Digits of a number that any sentence or figure shows, and some more.
_RECORDED_DIGITS = 6


@dataclass(frozen=True)
class Result:
    """The result of a laboratory so far.

    Attributes:
        progress: the last one; None before the first.
        tables: those that have rows, with the question's columns; not to be changed.
        verdicts: in the order of the events.
        exit_reason: why it stopped or failed, as in `Job`.
        seconds: computing time so far; None before it began.
        hardware: the processor or GPU.
        recorded: whether it ships with the project.
        ended: seconds since the epoch.
    """

    request: LabRequest
    state: State
    progress: Progress | None
    tables: dict[str, pd.DataFrame]
    verdicts: list[Verdict]
    exit_reason: str
    seconds: float | None
    hardware: str
    recorded: bool
    ended: float | None = None

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def reason(self) -> str:
        """Return why it stopped or failed, an English sentence; else empty."""
        return str(Message.from_json(self.exit_reason))

    @property
    def day(self) -> str:
        """Return the day on which it was computed, year-month-day; "" until it has ended."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.ended)) if self.ended else ""

    @property
    def sentences(self) -> list[str]:
        """Return the verdicts in English."""
        question = catalog.question(self.request.laboratory)
        return [question.sentence(verdict) for verdict in self.verdicts]


def read(lab_id: str) -> Result:
    """Return the result with this id, of this home folder or else recorded.

    Raises:
        ResultNotFound: there is none.
        PlaygroundError: its folder is damaged.
    """
    folder = of_result(lab_id)
    if folder.request_file.is_file():
        return _read(folder, recorded=False)
    shipped = recorded(laboratory_of(lab_id))
    if shipped is not None and shipped.id == lab_id:
        return shipped
    beside = of_recording(lab_id)
    if beside.request_file.is_file():
        return _read(beside, recorded=True)
    raise ResultNotFound("labs.no_result", result=lab_id[:64])


def find(lab_id: str) -> Result | None:
    """Return the result with this id, or None where there is none; see `read`."""
    try:
        return read(lab_id)
    except ResultNotFound:
        return None


def recorded(laboratory: str) -> Result | None:
    """Return the laboratory's result that ships with the project, if there is one.

    Raises:
        InvalidSetting: there is no such laboratory.
        PlaygroundError: it is damaged, or of another version of the laboratory.
    """
    catalog.question(laboratory)
    folder = of_recording(laboratory)
    return _read(folder, recorded=True) if folder.request_file.is_file() else None


def record(lab_id: str) -> Path:
    """Put a finished result on record in `assets/recorded/labs`, made small; return the folder.

    The result of the question that a laboratory's page opens with has the laboratory's name,
    any other its own id.

    Raises:
        WrongState: it is not finished.
        PlaygroundError: it cannot be read.
    """
    source = of_result(lab_id)
    request, job = source.read_request(), _job(source)
    if job.state != "finished":
        raise wrong_state("recording.not_finished_result", job)
    target = of_recording(request.id if request.to_query() else request.laboratory)
    target.path.mkdir(parents=True, exist_ok=True)
    write_whole(target.events, _thinned(source))
    write_laboratory(target.path, replace(job, pid=None, pid_created=None))
    target.write_request(request)
    return target.path


def _read(folder: LabFolder, recorded: bool) -> Result:
    request = folder.read_request()
    job = read_laboratory(folder.path) if recorded else _job(folder)
    state, exit_reason = job.state, job.exit_reason
    try:
        contents = event_log.read(folder.events)
        tables = _tables(folder.events, request.laboratory)
    except PlaygroundError:
        contents, tables = event_log.Contents(), {}
        state, exit_reason = "failed", Message("errors.labs.damaged").dumps()
    seconds = None
    if job.started is not None:
        seconds = max(0.0, (job.ended or time.time()) - job.started)
    return Result(
        request=request,
        state=state,
        progress=contents.progress,
        tables=tables,
        verdicts=list(contents.verdicts),
        exit_reason=exit_reason,
        seconds=seconds,
        hardware=job.hardware,
        recorded=recorded,
        ended=job.ended,
    )


def _job(folder: LabFolder) -> Job:
    """Return the job of a result of this home; its folder describes it where the index does not."""
    return store.of_home().job(folder.id) or read_laboratory(folder.path)


def _tables(path: Path, laboratory: str) -> dict[str, pd.DataFrame]:
    try:
        state = path.stat()
    except FileNotFoundError:
        return {}
    return dict(_frames(path, laboratory, state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=64)
def _frames(path: Path, laboratory: str, modified: int, size: int) -> dict[str, pd.DataFrame]:
    """Return a file's rows as data frames, made once for each state of the file."""
    import pandas as pd  # takes a second

    columns = catalog.question(laboratory).tables
    rows = event_log.read(path).rows
    return {name: pd.DataFrame(table, columns=columns.get(name)) for name, table in rows.items()}


def _thinned(source: LabFolder) -> str:
    """Return the events without the steps of the progress bar, numbers rounded."""
    lines = [json.loads(text) for text in source.events.read_text("utf-8").splitlines()]
    last = max((n for n, event in enumerate(lines) if event["kind"] == "progress"), default=None)
    events = (event for n, event in enumerate(lines) if event["kind"] != "progress" or n == last)
    return "".join(json.dumps(_rounded(event), ensure_ascii=False) + "\n" for event in events)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{_RECORDED_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value
