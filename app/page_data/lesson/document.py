"""The lesson in one language: what the browser shows, the handout prints and a class is asked.

Sentences may speak of a part of the picture: `[[plain:plain-56]]` marks the part `plain`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.figures.lesson import drawn
from app.language import glossary
from app.language.texts import Language, catalogue, speaker
from app.page_data.lesson.lesson import measured_steps
from app.page_data.lesson.measured import Measured
from app.page_data.lesson.steps import PLANS, QUIZ, QuizQuestion, Step
from resnet_core.runs import queries

_UI = "lesson.ui."
_MARK = re.compile(r"\[\[\w+:(.*?)\]\]")


def document(language: Language) -> dict[str, Any]:
    """Return the lesson as JSON: words, steps and the five questions."""
    say = speaker(language)
    steps = [_step(step, measured, language) for step, measured in measured_steps()]
    names = [key.removeprefix(_UI) for key in catalogue() if key.startswith(_UI)]
    words = {name: catalogue()[f"lesson.ui.{name}"][language] for name in names}
    return {
        "language": language,
        "words": words,
        "steps": steps,
        "plans": PLANS,
        "glossary": glossary.for_browser(language),
        "quiz": [_question(question, say, language) for question in QUIZ],
    }


def without_marks(text: str) -> str:
    """Return a sentence as plain text."""
    return _MARK.sub(r"\1", text)


def sentences_of(step: Step, measured: Measured, language: Language) -> dict[str, str]:
    """Return the sentences of a step with its numbers, marks included."""
    say = speaker(language)
    names = ("claim", "text", "question", "measured")
    texts = {name: say(f"lesson.step.{step.id}.{name}", **measured.values) for name in names}
    why = say(f"lesson.step.{step.id}.why.{measured.outcome}", **measured.values)
    # A number and its percent sign stay on one line.
    return {name: text.replace(" %", "\u00a0%") for name, text in {**texts, "why": why}.items()}


def options_of(step: Step, measured: Measured, language: Language) -> dict[str, str]:
    """Return the words of each option by its name; none where one does not choose."""
    say = speaker(language)
    return {
        option: say(f"lesson.step.{step.id}.option.{option}", **measured.values)
        for option in step.options
    }


def _step(step: Step, measured: Measured, language: Language) -> dict[str, Any]:
    say = speaker(language)

    def named(label: str) -> str:
        key = f"lesson.part.{label}"
        return say(key, **measured.values) if key in catalogue() else label

    options = options_of(step, measured, language).items()
    answer = measured.answer
    return {
        "id": step.id,
        "kind": step.kind,
        **sentences_of(step, measured, language),
        "notes": {name: say(f"lesson.notes.{step.id}.{name}") for name in ("say", "ask")},
        "options": [{"name": name, "label": label} for name, label in options],
        "answer": answer if step.kind != "number" else round(float(str(answer)), 1),
        "right": [measured.low, measured.high],
        "tolerance": step.tolerance,
        "unit": step.unit,
        "high": step.high,
        "scene": drawn(measured.scene, say, named),
        "parameters": measured.values.get("parameters", ""),
        "provenance": _provenance(step, measured, say),
        "source": _link(step.source, {**step.query, **_runs(step, measured)}, language),
        "live": _link(step.live, step.live_query, language) if step.live else None,
    }


def _runs(step: Step, measured: Measured) -> Mapping[str, str]:
    """Return the parameter that shows the measured runs on the home page or in Compare."""
    if step.source == "puzzle" and measured.runs:
        return {"run": queries.described(measured.runs[0]).group}
    return {"runs": ",".join(measured.runs)} if step.source == "compare" else {}


def _provenance(step: Step, measured: Measured, say: Callable[..., str]) -> str:
    """Return what the numbers are of."""
    if measured.data:
        seed = queries.described(measured.runs[0]).experiment.seed
        return say("lesson.ui.recorded", data=measured.data, seed=seed)
    if any(curve.paper for curve in measured.scene.curves):
        return say("lesson.ui.paper")
    if not step.source.startswith("labs/"):
        return say("lesson.ui.arithmetic")
    return say("lesson.ui.computed", name=say(f"{step.source.replace('/', '.')}.nav"))


def _question(
    question: QuizQuestion, say: Callable[..., str], language: Language
) -> dict[str, Any]:
    key = f"lesson.quiz.{question.id}"
    options = [
        {
            "name": option,
            "label": say(f"{key}.option.{option}"),
            "wrong": "" if option == question.right else say(f"{key}.wrong.{option}"),
        }
        for option in question.options
    ]
    source = _link(question.source, {}, language)
    text = say(f"{key}.question")
    return {
        **{"id": question.id, "question": text, "options": options, "right": question.right},
        **{"step": question.step, "source": source},
    }


def _link(page: str, query: Mapping[str, str], language: Language) -> dict[str, Any]:
    """Return a page's path and parameters; the browser adds the address that it is under."""
    path = page.replace("labs/", "lab-")
    return {"path": "" if path == "puzzle" else path, "query": {**query, "lang": language}}
