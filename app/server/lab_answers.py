"""What a laboratory's page asks for: its result so far as JSON, built once for all browsers.

An answer is kept for each question (result, language, colours) until the laboratory has said
something new; thirty browsers that ask together cost one reading and one drawing.
"""

from __future__ import annotations

import importlib
import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from app.language import texts
from app.language.texts import Language
from app.server import lab_captions
from app.server.chart_answers import Answer, BadQuestion
from app.services import LAB_ACTIVE
from resnet_core.errors import ResultNotFound
from resnet_core.labs import catalog
from resnet_core.labs.results import results
from resnet_core.labs.results.results import Result

_ID = re.compile(r"[a-z][a-z0-9-]{2,60}", re.ASCII)
_READ_AGE = 0.2  # seconds; thirty browsers that poll share one look at the files
_MOST_KEPT = 64

Draw = Callable[..., dict[str, go.Figure]]


@dataclass(frozen=True)
class LabQuestion:
    """Which result a browser wants to see, and how it is to be said and drawn.

    Attributes:
        lab_id: of a result of this home folder, or a laboratory's name for the one on record.
    """

    lab_id: str
    language: Language
    dark: bool

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> LabQuestion:
        """The question in a URL.

        Raises:
            BadQuestion: a parameter is unusable; the message names it.
        """
        lab_id, language = query.get("id", ""), query.get("lang", "en")
        if not _ID.fullmatch(lab_id):
            raise BadQuestion("request.lab_id", given=lab_id[:60])
        if language not in texts.LANGUAGES:
            raise BadQuestion("request.language", given=language[:20])
        return cls(lab_id, language, query.get("dark") == "1")


class LabAnswers:
    """Answers, kept while they are true; safe to ask from many threads."""

    def __init__(self) -> None:
        self._read: OrderedDict[str, tuple[float, Result]] = OrderedDict()
        self._kept: OrderedDict[LabQuestion, tuple[Any, Answer]] = OrderedDict()
        self._guard = threading.Lock()

    def now(self, question: LabQuestion) -> Answer:
        """The figures, verdicts and progress at this moment.

        Raises:
            PlaygroundError: there is no such result, or it cannot be read.
        """
        with self._guard:
            result = self._result(question.lab_id)
            stamp = position(result)
            kept = self._kept.get(question)
            if kept is None or kept[0] != stamp:
                kept = (stamp, Answer.of(described(result, question)))
                _keep(self._kept, question, kept)
            return kept[1]

    def _result(self, lab_id: str) -> Result:
        now = time.monotonic()
        known = self._read.get(lab_id)
        if known is None or now - known[0] > _READ_AGE:
            known = (now, _read(lab_id))
            _keep(self._read, lab_id, known)
        return known[1]


def _read(lab_id: str) -> Result:
    if lab_id not in catalog.all_names():
        return results.read(lab_id)
    recorded = results.recorded(lab_id)
    if recorded is None:
        raise ResultNotFound("labs.nothing_recorded", laboratory=lab_id)
    return recorded


def position(result: Result) -> Any:
    """Changes whenever the laboratory has said something new."""
    rows = {name: len(table) for name, table in result.tables.items()}
    return (result.state, result.progress, rows, len(result.verdicts), result.reason, result.ended)


def described(result: Result, question: LabQuestion) -> dict[str, Any]:
    """All that the page's component shows."""
    say = texts.speaker(question.language)
    active = result.state in LAB_ACTIVE
    return {
        "state": result.state,
        "active": active,
        "poll": _poll(result),
        "done": lab_captions.share(result),
        "origin": lab_captions.origin(result, say),
        "status": lab_captions.status_line(result, say),
        "reason": lab_captions.complaint(result, question.language),
        "verdicts": lab_captions.verdicts(result, say),
        "caption": lab_captions.caption(result, say),
        "figures": figures(result, question),
    }


def figures(result: Result, question: LabQuestion) -> list[dict[str, Any]]:
    """What the laboratory's figures show so far, in their order."""
    name, say = result.order.laboratory, texts.speaker(question.language)
    drawn = drawer(name)(result.tables, result.order.settings, say, question.dark)
    return [
        {
            "key": key,
            "title": say(f"labs.{name}.figure.{key}"),
            "wide": bool((figure.layout.meta or {}).get("wide")),
            "figure": json.loads(pio.to_json(figure, validate=False)),
        }
        for key, figure in drawn.items()
    ]


def drawer(name: str) -> Draw:
    """`draw` of `app.figures.labs.NAME`; imported when it is first needed.

    Args:
        name: a laboratory's, from its order.
    """
    draw: Draw = importlib.import_module(f"app.figures.labs.{name}").draw
    return draw


def _poll(result: Result) -> int:
    """Milliseconds until a browser should ask again; 0: nothing more will come."""
    if result.state not in LAB_ACTIVE:
        return 0
    return 700 if any(len(table) for table in result.tables.values()) else 200


def _keep(kept: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _MOST_KEPT:
        kept.popitem(last=False)
