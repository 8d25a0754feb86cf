"""Answers about laboratories: figures, verdicts and progress of a result as JSON.

An answer is cached by request (result, language, colours) until the laboratory has news; thirty
browsers that ask together cost one reading and one drawing.
"""

from __future__ import annotations

import importlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio

from app.figures.labels import network_label
from app.figures.look import Canvas
from app.language import texts
from app.language.errors import stored_sentence
from app.language.texts import Language, Speaker
from app.page_data.runs import data_title, duration, find_runs, source_of
from app.page_state.query import PageState
from app.server.answers import Answer, AnswerCache, LruCache
from resnet_core.data import sample
from resnet_core.errors import ResultNotFound
from resnet_core.labs import catalog
from resnet_core.labs.catalog import LabSettings
from resnet_core.labs.results import results
from resnet_core.labs.results.results import Result
from resnet_core.runs.cifar10 import is_of_a_copy
from resnet_core.runs.record import ACTIVE, RunRecord

_READ_AGE = 0.2  # seconds; thirty browsers that poll share one reading of the files
_MOST_ANSWERS = 64


class ResultRequest(PageState):
    """A request for a result, in one language and one theme's colours.

    Attributes:
        id: of a result of this home folder, or a laboratory's name for the recorded one.
    """

    id: str = ""
    lang: Language = "en"
    dark: bool = False


class LabAnswers:
    """Cached answers about results; safe to use from many threads."""

    def __init__(self) -> None:
        self._answers: AnswerCache[ResultRequest] = AnswerCache(_MOST_ANSWERS)
        self._results: LruCache[str, tuple[float, Result]] = LruCache(_MOST_ANSWERS)
        self._guard = threading.Lock()

    def now(self, request: ResultRequest) -> Answer:
        """Return the figures, verdicts and progress at this moment.

        Raises:
            PlaygroundError: there is no such result, or it cannot be read.
        """
        result = self._result(request.id)
        return self._answers.get(request, _version(result), lambda: _fields(result, request))

    def _result(self, lab_id: str) -> Result:
        with self._guard:
            now = time.monotonic()
            recent = self._results.get(lab_id)
            if recent is None or now - recent[0] > _READ_AGE:
                recent = (now, _read(lab_id))
                self._results.put(lab_id, recent)
            return recent[1]


def draw(
    name: str, tables: Mapping[str, pd.DataFrame], settings: LabSettings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """Return a laboratory's figures, drawn by `draw` of `app.figures.labs.NAME`.

    The module is imported when it is first needed; the attribution tools share one.
    """
    tool = name in catalog.TOOLS
    module = importlib.import_module(f"app.figures.labs.{'attribution' if tool else name}")
    drawer: Callable[[Canvas], dict[str, go.Figure]] = getattr(module, name if tool else "draw")
    texts = "attribution" if tool else f"labs.{name}"
    return drawer(Canvas(texts, tables, settings, say, dark))


def caption(result: Result, say: Speaker) -> str:
    """Return the networks, data, seed and machine of the numbers."""
    runs, missing = find_runs(result.request.runs)
    names = [_network(run, say) for run in runs] + list(missing)
    if names:
        parts = [say("labs.common.caption.networks", names=", ".join(names))]
    else:
        parts = [say("labs.common.caption.own_networks")]
    data = list(dict.fromkeys(_data(run, say) for run in runs))
    if data:
        parts.append(say("labs.common.caption.data", names=", ".join(data)))
    parts.append(say("labs.common.caption.seed", seed=result.request.settings.seed))
    if result.hardware:
        key = "recorded" if result.recorded else "here"
        parts.append(say(f"labs.common.caption.{key}", hardware=result.hardware))
    return " · ".join(parts)


def _read(lab_id: str) -> Result:
    if lab_id not in catalog.all_names():
        return results.read(lab_id)
    recorded = results.recorded(lab_id)
    if recorded is None:
        raise ResultNotFound("labs.nothing_recorded", laboratory=lab_id)
    return recorded


def _version(result: Result) -> Any:
    """Return a value that changes whenever the laboratory has news."""
    rows = {name: len(table) for name, table in result.tables.items()}
    return (
        result.state,
        result.progress,
        rows,
        len(result.verdicts),
        result.exit_reason,
        result.ended,
    )


def _fields(result: Result, request: ResultRequest) -> dict[str, Any]:
    say = texts.speaker(request.lang)
    return {
        "state": result.state,
        "active": result.state in ACTIVE,
        "poll": _poll(result),
        "done": _share(result),
        "origin": _origin(result, say),
        "status": _status(result, say),
        "reason": _failure(result, request.lang),
        "short": result.in_short(request.lang),
        "verdicts": list(dict.fromkeys(result.sentences_in(request.lang))),
        "caption": caption(result, say),
        "figures": _figures(result, request),
    }


def _figures(result: Result, request: ResultRequest) -> list[dict[str, Any]]:
    name, say = result.request.laboratory, texts.speaker(request.lang)
    try:
        figures = draw(name, result.tables, result.request.settings, say, request.dark)
    except (KeyError, ValueError, TypeError):
        if not result.is_of_earlier_version:
            raise
        return []  # its tables lack what is drawn now; the verdicts say that it is an earlier one
    return [
        {
            "key": key,
            "title": say(f"labs.{name}.figure.{key}"),
            "wide": bool((figure.layout.meta or {}).get("wide")),
            "figure": json.loads(pio.to_json(figure, validate=False)),
        }
        for key, figure in figures.items()
    ]


def _poll(result: Result) -> int:
    """Return the milliseconds until a browser should ask again; 0 if nothing can change."""
    if result.state not in ACTIVE:
        return 0
    return 700 if any(len(table) for table in result.tables.values()) else 200


def _share(result: Result) -> float | None:
    """Return the share of the work that is done, from 0 to 1; None where it is unknown."""
    progress = result.progress
    return min(1.0, progress.steps / progress.total) if progress and progress.total else None


def _origin(result: Result, say: Speaker) -> str:
    """Return one or two words: recorded, running, computed here."""
    if not result.recorded:
        return say(f"labs.common.origin.{result.state}")
    return say("labs.common.origin.recorded", day=result.day)


def _status(result: Result, say: Speaker) -> str:
    """Return the progress and the time that is left or was taken."""
    share = _share(result)
    if result.state == "queued":
        return say("labs.common.status.queued")
    if result.state == "running":
        if not share or not result.seconds:
            return ""
        left = duration(result.seconds * (1 - share) / share, say)
        return say("labs.common.status.left", percent=f"{share * 100:.0f}", time=left)
    if result.state == "stopped":
        return say("labs.common.status.stopped", percent=f"{(share or 0) * 100:.0f}")
    if result.state == "finished" and result.seconds:
        return say("labs.common.status.took", time=duration(result.seconds, say))
    return ""


def _failure(result: Result, language: Language) -> str:
    """Return the reason of a failure, else nothing."""
    if result.state not in {"failed", "interrupted"}:
        return ""
    reason = stored_sentence(result.exit_reason, language)
    return texts.say(language, "labs.common.failed", reason=reason)


def _network(run: RunRecord, say: Speaker) -> str:
    name = network_label(run.experiment.network)
    if run.imported:
        source = source_of(run)
        file = source.file if source else "?"
        return say("labs.common.caption.network_imported", name=name, file=file)
    key = "network_recorded" if run.recorded else "network"
    return say(f"labs.common.caption.{key}", name=name, seed=run.experiment.seed)


def _data(run: RunRecord, say: Speaker) -> str:
    title = data_title(run)
    if run.recorded and is_of_a_copy(run):
        return say("labs.common.caption.sample", sample=sample.CITED, copy=title)
    return title
