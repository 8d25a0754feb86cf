"""Results of laboratories: running, finished and recorded ones have the same type. No torch.

`events.jsonl` holds the events of a laboratory, a line of JSON each, oldest first:
`{"seconds": since the start, "kind": "progress" | "rows" | "verdict", ...}`. Numbers that are not
finite are written as Python's json does (NaN, Infinity): an error can diverge. Results that ship
with the project have the same lines in `events.jsonl.xz`.
"""

from __future__ import annotations

import json
import lzma
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from resnet_core.errors import PlaygroundError, ResultNotFound, RunNotFound
from resnet_core.labs import catalog
from resnet_core.labs.events import Event, Progress, Row, Rows, Verdict
from resnet_core.labs.results.request import (
    LabFolder,
    LabRequest,
    laboratory_of,
    of_recording,
    of_result,
    write_whole,
)
from resnet_core.runs import queries, store
from resnet_core.runs.folder import read_laboratory, write_laboratory
from resnet_core.runs.record import Job, State
from resnet_core.runs.store import wrong_state
from resnet_core.system import texts
from resnet_core.system.texts import Language, Message

if TYPE_CHECKING:
    import pandas as pd

# Digits of a number that any sentence or figure shows, and some more.
_RECORDED_DIGITS = 6
# A progress bar need not move more often than five times a second.
_PROGRESS_SECONDS = 0.2


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
    def is_of_earlier_version(self) -> bool:
        """Return whether the laboratory's tables and verdicts had another meaning then."""
        return self.request.version != catalog.question(self.request.laboratory).version

    @property
    def sentences(self) -> list[str]:
        """Return the verdicts in English, as `sentences_in`."""
        return self.sentences_in("en")

    def in_short(self, language: Language) -> list[str]:
        """Return at most two short texts, `labs.NAME.short.FINDING`; none where there are none."""
        short = []
        for verdict in self.verdicts:
            key = f"labs.{self.request.laboratory}.short.{verdict.finding}"
            with suppress(KeyError):  # no such text, or values of an earlier version
                short.append(texts.text(language, key, **verdict.values))
        return list(dict.fromkeys(short))[:2]

    def sentences_in(self, language: Language) -> list[str]:
        """Return a sentence for each verdict.

        Of an earlier version some may have no words any more, or lack a value: a sentence that
        says so takes their place.
        """
        question = catalog.question(self.request.laboratory)
        sentences = []
        for verdict in self.verdicts:
            try:
                sentences.append(question.sentence(verdict, language))
            except KeyError:
                if not self.is_of_earlier_version:
                    raise
                sentences.append(texts.text(language, "labs.common.earlier_version"))
        return sentences


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


def beside(laboratory: str) -> Result | None:
    """Return the recorded answer on other data, if the laboratory and its networks have one.

    Raises:
        PlaygroundError: as `recorded`.
    """
    try:
        request = LabRequest.beside(laboratory)
    except RunNotFound:
        return None
    folder = of_recording(request.id) if request else None
    return _read(folder, recorded=True) if folder and folder.request_file.is_file() else None


def data_key(result: Result) -> str:
    """Return the key of the name of a recorded result's data: photographs or shapes."""
    data = getattr(result.request.settings, "data", "")
    if result.request.runs:
        data = queries.described(result.request.runs[0]).experiment.data
    return f"labs.common.other_data.{'shapes' if data == 'shapes' else 'photographs'}"


def findings(result: Result) -> list[str]:
    """Return the keys of a result's verdicts, sorted: the same for the same conclusions."""
    return sorted(verdict.finding for verdict in result.verdicts)


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
    target = of_recording(request.laboratory if request.opens_the_page else request.id)
    target.path.mkdir(parents=True, exist_ok=True)
    write_whole(target.events, lzma.compress(_thinned(source).encode(), preset=9))
    write_laboratory(target.path, replace(job, pid=None, pid_created=None))
    target.write_request(request)
    return target.path


def _read(folder: LabFolder, recorded: bool) -> Result:
    request = folder.read_request()
    job = read_laboratory(folder.path) if recorded else _job(folder)
    state, exit_reason = job.state, job.exit_reason
    try:
        contents = read_events(folder.events)
        tables = dict(_tables(contents, request.laboratory))
    except PlaygroundError:
        contents, tables = Contents(), {}
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


@lru_cache(maxsize=64)
def _tables(contents: Contents, laboratory: str) -> dict[str, pd.DataFrame]:
    """Return the rows as data frames, made once for each state of the file."""
    import pandas as pd  # takes a second

    columns = catalog.question(laboratory).tables
    tables = contents.rows.items()
    return {name: pd.DataFrame(rows, columns=columns.get(name)) for name, rows in tables}


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


# The events


@dataclass(eq=False)
class Contents:
    """All events so far.

    Attributes:
        progress: the last one.
        rows: by table, in the order of the events.
        first_rows: seconds from the start to the first of them; None before.
    """

    progress: Progress | None = None
    rows: dict[str, list[Row]] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    first_rows: float | None = None


class EventWriter:
    """Writes each event to the file at once, from the file's beginning.

    Raises:
        OSError: the disk is full.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._clock = clock
        self._start = clock()
        self._progress_written = -_PROGRESS_SECONDS
        self._skipped: Progress | None = None

    def write(self, event: Event) -> None:
        """Add an event; of many reports of progress, five a second."""
        seconds = self._clock() - self._start
        if isinstance(event, Progress):
            if seconds - self._progress_written < _PROGRESS_SECONDS:
                self._skipped = event
                return
            self._progress_written, self._skipped = seconds, None
        self._add(event, seconds)

    def close(self) -> None:
        if self._skipped is not None:
            self._add(self._skipped, self._clock() - self._start)
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _add(self, event: Event, seconds: float) -> None:
        self._file.write(to_line(event, seconds) + "\n")
        self._file.flush()


def to_line(event: Event, seconds: float) -> str:
    """Return an event as JSON; numpy's and torch's scalars become plain numbers."""
    values: dict[str, Any] = {"seconds": round(seconds, 3)}
    match event:
        case Progress():
            values |= {"kind": "progress", "done": event.steps, "total": event.total}
        case Rows():
            values |= {"kind": "rows", "table": event.table, "rows": [*map(dict, event.rows)]}
        case Verdict():
            values |= {"kind": "verdict", "finding": event.finding, "values": dict(event.values)}
    return json.dumps(values, ensure_ascii=False, default=_number)


def read_events(path: Path) -> Contents:
    """Return the events so far; none where there is no such file yet. Not to be changed.

    A last line that a killed worker left half-written is left out.

    Raises:
        PlaygroundError: the file is damaged before its end.
    """
    try:
        state = path.stat()
    except FileNotFoundError:
        return Contents()
    return _cached(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _cached(path: Path, modified: int, size: int) -> Contents:
    """Return a file's contents, read once for each state of the file."""
    contents = Contents()
    try:
        content = path.read_bytes()
        content = lzma.decompress(content) if path.suffix == ".xz" else content
    except FileNotFoundError:
        return contents
    except (lzma.LZMAError, EOFError) as error:
        raise PlaygroundError("labs.events_damaged", path=path, line=1) from error
    lines = content.split(b"\n")
    for number, text in enumerate(lines, start=1):
        try:
            if text:
                _add_event(contents, json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if number >= len(lines) - 1 and not any(lines[number:]):
                break  # torn
            raise PlaygroundError("labs.events_damaged", path=path, line=number) from error
    return contents


def _add_event(contents: Contents, values: dict[str, Any]) -> None:
    match values["kind"]:
        case "progress":
            contents.progress = Progress(int(values["done"]), int(values["total"]))
        case "rows":
            contents.rows.setdefault(values["table"], []).extend(values["rows"])
            if contents.first_rows is None:
                contents.first_rows = values["seconds"]
        case "verdict":
            contents.verdicts.append(Verdict(values["finding"], values["values"]))
        case other:
            raise ValueError(other)


def _number(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no number, text or truth value")
