"""What stands on a laboratory's page: its settings and networks, to and from the URL."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.language.errors import explain
from app.language.texts import t
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.labs.question import LabSettings, Question
from resnet_core.labs.results.request import LabRequest, create_settings, settings_to_query

RUNS, HERE = "runs", "here"


@dataclass(frozen=True)
class Bench:
    """Everything that the page's URL says.

    Attributes:
        here: show what was computed on this machine even where there is a recorded result.
    """

    settings: LabSettings
    runs: tuple[str, ...]
    here: bool = False

    @classmethod
    def standard(cls, question: Question) -> Bench:
        return cls(question.settings(), question.runs)

    @classmethod
    def from_query(cls, question: Question, query: Mapping[str, str]) -> tuple[Bench, list[str]]:
        """The bench in a URL, and a sentence for each parameter that gave way to its default."""
        settings, problems = _settings(question, query)
        runs, wrong = _runs(question, query.get(RUNS, ""))
        others = set(query) - {RUNS, HERE} - set(question.settings.model_fields)
        if others:
            names = ", ".join(sorted(name[:40] for name in others)[:5])
            wrong.append(t("labs.common.url.unknown", names=names))
        return cls(settings, runs, query.get(HERE) == "1"), problems + wrong

    def to_query(self, question: Question) -> dict[str, str]:
        """The inverse of `from_query`: what differs from the laboratory's own."""
        query = settings_to_query(self.settings)
        if self.runs != question.runs:
            query[RUNS] = ",".join(self.runs)
        return {**query, HERE: "1"} if self.here else query

    def order(self, question: Question) -> LabRequest:
        """What is asked of the laboratory.

        Raises:
            InvalidSetting, RunNotFound, WrongState: a network cannot be looked at.
        """
        if question.most_runs and not self.runs:
            raise InvalidSetting(RUNS, "labs.no_networks")
        return LabRequest.create(question.name, self.runs, **self.values())

    def values(self) -> dict[str, Any]:
        return {name: getattr(self.settings, name) for name in type(self.settings).model_fields}

    def changed(self, **values: Any) -> Bench:
        return replace(self, **values)


def command_line(laboratory: str, runs: Sequence[str], settings: LabSettings) -> str:
    """Return the command that computes a result from a terminal, quoted for its shell."""
    words = ["python", "-m", "resnet_core", "lab", laboratory]
    for run_id in runs:
        words += ["--run", run_id]
    for name, text in settings_to_query(settings).items():
        words += [f"--{name.replace('_', '-')}", text]
    return shlex.join(words)


def _settings(question: Question, query: Mapping[str, str]) -> tuple[LabSettings, list[str]]:
    """Each field by itself first, so that one bad value costs no other."""
    usable, problems = {}, []
    for field in question.settings.model_fields:
        if field not in query:
            continue
        try:
            create_settings(question, {field: query[field]})
            usable[field] = query[field]
        except PlaygroundError as error:
            problems.append(_refused(question, field, error))
    try:
        return create_settings(question, usable), problems
    except InvalidSetting as error:  # fields that do not go together
        return question.settings(), [*problems, _refused(question, error.field, error)]


def _refused(question: Question, field: str, error: PlaygroundError) -> str:
    return t("labs.common.url.setting", field=label(question.name, field), problem=explain(error))


def _runs(question: Question, text: str) -> tuple[tuple[str, ...], list[str]]:
    asked = tuple(dict.fromkeys(filter(None, text.split(","))))
    if not asked:
        return question.runs, []
    try:
        return LabRequest.create(question.name, asked).runs, []
    except PlaygroundError as error:
        return question.runs, [t("labs.common.url.networks", problem=explain(error))]


def label(name: str, field: str) -> str:
    """What people call a laboratory's setting."""
    return t("labs.common.seed") if field == "seed" else t(f"labs.{name}.setting.{field}")
