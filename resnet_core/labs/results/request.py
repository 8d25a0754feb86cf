"""One asking of a laboratory's question: with which settings, of which networks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import ValidationError

from resnet_core.errors import InvalidSetting
from resnet_core.experiments.text import setting_error
from resnet_core.labs import catalog
from resnet_core.labs.question import LabSettings, Question
from resnet_core.labs.results import settings_text
from resnet_core.runs import find_weights as weights
from resnet_core.runs.record import RunRecord
from resnet_core.system.texts import Message

_ID_DIGITS = 12
# Of order.json and of what an id is computed from.
FORMAT = 1


@dataclass(frozen=True)
class Order:
    """A question with everything that its answer depends on.

    Make one with `Order.create`, which checks it.

    Attributes:
        laboratory: its name.
        runs: ids of the networks looked at, own or recorded.
        settings: of the laboratory's own class.
        weights: SHA-256 of each run's weights.
        version: of the laboratory's tables, see `Question.version`.
    """

    laboratory: str
    runs: tuple[str, ...]
    settings: LabSettings
    weights: tuple[str, ...] = ()
    version: int = 1

    @property
    def id(self) -> str:
        """The same for the same question, settings and weights: "lesion-3f2a9c0b1d2e"."""
        text = json.dumps(self.to_json(), sort_keys=True)
        return f"{self.laboratory}-{hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]}"

    @classmethod
    def create(cls, laboratory: str, runs: Sequence[str] | None = None, **given: Any) -> Self:
        """A checked order, from typed values or from text (command line, form, URL).

        Args:
            runs: by default, and if empty, those that the laboratory opens with.
            given: the laboratory's settings.

        Raises:
            InvalidSetting: a setting is not possible, or a run cannot be looked at.
            RunNotFound: there is no such run.
            WrongState: a run has no weights.
        """
        question = catalog.question(laboratory)
        chosen = tuple(dict.fromkeys(runs or question.runs))
        _check_count(question, chosen)
        settings = create_settings(question, given)
        records = [weights.described(run_id) for run_id in chosen]
        _check_runs(question, records)
        hashes = tuple(weights.find(record).sha256 for record in records)
        return cls(laboratory, chosen, settings, hashes, question.version)

    def to_query(self) -> dict[str, str]:
        """The runs and settings that differ from the laboratory's own, as URL parameters."""
        runs = {"runs": ",".join(self.runs)}
        standard = catalog.question(self.laboratory).runs
        return {**(runs if self.runs != standard else {}), **settings_text.to_query(self.settings)}

    @classmethod
    def from_query(cls, laboratory: str, query: Mapping[str, str]) -> Self:
        """The inverse of `to_query`; parameters that are no setting's name are left alone.

        Raises:
            InvalidSetting, RunNotFound, WrongState: as `create`.
        """
        known = catalog.question(laboratory).settings.model_fields
        runs = [run_id for run_id in query.get("runs", "").split(",") if run_id]
        given = {field: text for field, text in query.items() if field in known}
        return cls.create(laboratory, runs, **given)

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "laboratory": self.laboratory,
            "version": self.version,
            "runs": list(self.runs),
            "weights": list(self.weights),
            "settings": self.settings.model_dump(mode="json"),
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """The order as it was once given; its runs may be gone by now.

        Raises:
            InvalidSetting: it is of another version of the laboratory, whose settings differ.
            KeyError, TypeError: it is not an order.
        """
        settings = create_settings(catalog.question(said["laboratory"]), said["settings"])
        runs, hashes = tuple(said["runs"]), tuple(said["weights"])
        return cls(said["laboratory"], runs, settings, hashes, int(said["version"]))


def create_settings(question: Question, given: Mapping[str, Any]) -> LabSettings:
    """A laboratory's settings from typed values or from text.

    Raises:
        InvalidSetting: names the field and a good value.
    """
    model = question.settings
    values = {field: settings_text.from_text(model, field, value) for field, value in given.items()}
    try:
        return model(**values)
    except ValidationError as error:
        raise setting_error(error, model, settings_text.examples(model)) from error


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
