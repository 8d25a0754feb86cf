"""A request to a laboratory: its settings and the networks it looks at; settings as text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin

from pydantic import ValidationError

from resnet_core.errors import InvalidSetting, PlaygroundError, ResultNotFound, setting_error
from resnet_core.labs import catalog
from resnet_core.labs.catalog import LabSettings, Question
from resnet_core.runs import queries
from resnet_core.runs.folder import STATE, Entry, JobFolder
from resnet_core.runs.record import RunRecord
from resnet_core.system import disk, home
from resnet_core.system.texts import Message

_ID_DIGITS = 12
_ID = re.compile(r"([a-z][a-z0-9-]{0,40})-[0-9a-f]{12}", re.ASCII)
REQUEST = "order.json"
# Of order.json and of what an id is computed from.
FORMAT = 1


@dataclass(frozen=True)
class LabRequest:
    """A question with everything that its result depends on.

    Make one with `LabRequest.create`, which checks it.

    Attributes:
        laboratory: its name.
        runs: ids of the networks looked at, own or recorded.
        settings: of the laboratory's own class.
        weights: SHA-256 of each run's weights.
        version: of the laboratory's tables, see `Question.version`.
        former: settings that an earlier version of the laboratory had, in JSON; they are part of
            the result's id.
    """

    laboratory: str
    runs: tuple[str, ...]
    settings: LabSettings
    weights: tuple[str, ...] = ()
    version: int = 1
    former: tuple[tuple[str, Any], ...] = ()

    @property
    def id(self) -> str:
        """Return the result's id, the same for the same question, settings and weights:
        "lesion-3f2a9c0b1d2e"."""
        text = json.dumps(self.to_json(), sort_keys=True)
        return f"{self.laboratory}-{hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]}"

    @classmethod
    def create(cls, laboratory: str, runs: Sequence[str] | None = None, **values: Any) -> Self:
        """Return a checked request, from typed values or from text (command line, form, URL).

        Args:
            runs: by default, and if empty, those that the laboratory opens with.
            values: the laboratory's settings.

        Raises:
            InvalidSetting: a setting is not possible, or a run cannot be looked at.
            RunNotFound: there is no such run.
            WrongState: a run has no weights.
        """
        question = catalog.question(laboratory)
        run_ids = tuple(dict.fromkeys(runs or question.runs))
        _check_count(question, run_ids)
        settings = create_settings(question, values)
        records = [queries.described(run_id) for run_id in run_ids]
        _check_runs(question, records)
        hashes = tuple(queries.weights(record).sha256 for record in records)
        return cls(laboratory, run_ids, settings, hashes, question.version)

    @classmethod
    def beside(cls, laboratory: str) -> Self | None:
        """Return the laboratory's question of other data, or None where it names none.

        Raises:
            PlaygroundError: as `create`.
        """
        beside = catalog.question(laboratory).beside
        return None if beside is None else cls.create(laboratory, beside.runs, **beside.settings)

    @property
    def opens_the_page(self) -> bool:
        """Return whether the laboratory's page opens with this question."""
        question = catalog.question(self.laboratory)
        return (self.runs, self.settings) == (question.runs, question.settings())

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "laboratory": self.laboratory,
            "version": self.version,
            "runs": list(self.runs),
            "weights": list(self.weights),
            "settings": {**self.settings.model_dump(mode="json"), **dict(self.former)},
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return a stored request; its runs may be gone by now.

        Raises:
            InvalidSetting: it is of another version of the laboratory, whose settings differ.
            KeyError, TypeError: it is not a request.
        """
        question, version = catalog.question(values["laboratory"]), int(values["version"])
        known = dict(values["settings"])
        former: tuple[tuple[str, Any], ...] = ()
        if version != question.version:
            gone = [name for name in known if name not in question.settings.model_fields]
            former = tuple((name, known.pop(name)) for name in gone)
        settings = create_settings(question, known)
        runs, hashes = tuple(values["runs"]), tuple(values["weights"])
        return cls(values["laboratory"], runs, settings, hashes, version, former)


def create_settings(question: Question, texts: Mapping[str, Any]) -> LabSettings:
    """Return a laboratory's settings from typed values or from text.

    Raises:
        InvalidSetting: names the field and a good value.
    """
    model = question.settings
    values = {field: from_text(model, field, value) for field, value in texts.items()}
    try:
        return model(**values)
    except ValidationError as error:
        raise setting_error(error, model, examples(model)) from error


def _check_count(question: Question, runs: tuple[str, ...]) -> None:
    most = question.most_runs
    if len(runs) > most:
        key = "labs.too_many" if most else "labs.takes_none"
        raise InvalidSetting("runs", key, given=len(runs), name=question.name, most=most)
    if most and not runs:
        raise InvalidSetting("runs", "labs.needs_network", name=question.name)


def _check_runs(question: Question, records: Sequence[RunRecord]) -> None:
    for record in records:
        reason = question.refuses(record)
        if reason:
            sentence = Message(f"errors.{reason}")
            raise InvalidSetting("runs", "labs.refused", title=record.title, reason=sentence)
    reason = question.combines([record.experiment for record in records]) if records else ""
    if reason:
        raise InvalidSetting("runs", reason)


def from_text(model: type[LabSettings], field: str, value: Any) -> Any:
    """Return a typed value where `value` is the text of one; pydantic converts the rest."""
    info = model.model_fields.get(field)
    if info is None or not isinstance(value, str):
        return value
    text = value.strip()
    if get_origin(info.annotation) is tuple:
        member = get_args(info.annotation)[0]
        return tuple(
            _option(member, part.strip()) for part in text.strip("()[] ").split(",") if part
        )
    return _option(info.annotation, text)


def setting_names(model: type[LabSettings]) -> list[str]:
    """Return the laboratory's own fields in their order, then those that every laboratory has."""
    common = LabSettings.model_fields
    return [field for field in model.model_fields if field not in common] + list(common)


def as_text(value: Any) -> str:
    """Return a field's value as `from_text` reads it."""
    if isinstance(value, tuple):
        return ",".join(map(as_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def examples(model: type[LabSettings]) -> dict[str, str]:
    """Return a good value for each field: its default."""
    return {field: as_text(info.default) for field, info in model.model_fields.items()}


def _option(annotation: Any, text: str) -> Any:
    """Return the option of a Literal with this text; pydantic converts other types."""
    if get_origin(annotation) is not Literal:
        return text
    options = {as_text(option): option for option in get_args(annotation)}
    return options.get(text, text)


# The folder of a result


@dataclass(frozen=True)
class LabFolder(JobFolder):
    """The files of one result."""

    @property
    def id(self) -> str:
        return self.path.name

    # Written last, so a folder that has it is whole.
    request_file = Entry(REQUEST)
    # A line of JSON for each event so far.
    events = Entry("events.jsonl")
    state = Entry(STATE)

    def write_request(self, request: LabRequest) -> None:
        """Write the request, in one step.

        Raises:
            PlaygroundError: the disk is full.
        """
        write_whole(self.request_file, json.dumps(request.to_json(), indent=2))

    def read_request(self) -> LabRequest:
        """Return the request.

        Raises:
            PlaygroundError: the file cannot be read, or is of another version of the program.
        """
        names = {"result": self.id, "folder": self.path}
        try:
            values = json.loads(self.request_file.read_text(encoding="utf-8"))
            if values["format"] != FORMAT:
                raise PlaygroundError("labs.other_version", **names)
            return LabRequest.from_json(values)
        except OSError as error:
            raise PlaygroundError("labs.request_unreadable", error=error, **names) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PlaygroundError("labs.request_damaged", file=REQUEST, **names) from error


class RecordedLabFolder(LabFolder):
    """The files of a result that ships with the project; the events are compressed."""

    events = Entry("events.jsonl.xz")


def of_result(lab_id: str) -> LabFolder:
    """Return the folder of this home's result with this id, which need not exist.

    Raises:
        ResultNotFound: the text cannot be a result's id.
    """
    laboratory_of(lab_id)
    return LabFolder(home.labs_folder() / lab_id)


def of_recording(laboratory: str) -> LabFolder:
    """Return the folder of the result that ships with the project, which need not exist.

    Args:
        laboratory: its name, for the question that its page opens with; or the id of a result
            of another question that is on record as well.
    """
    return RecordedLabFolder(queries.RECORDED / "labs" / laboratory)


def laboratory_of(lab_id: str) -> str:
    """Return the laboratory's name within an id.

    Raises:
        ResultNotFound: the text cannot be a result's id: it becomes a folder's name.
    """
    match = _ID.fullmatch(lab_id)
    if match is None:
        raise ResultNotFound("labs.no_id", text=lab_id[:60])
    return match[1]


def write_whole(path: Path, content: bytes | str) -> None:
    """Replace a file in one step, so that a reader gets the old content or all of the new.

    Raises:
        PlaygroundError: the disk is full.
    """
    with disk.full_disk_explained(path):
        disk.write_whole(path, content)
