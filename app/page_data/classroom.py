"""Contents of a class's pages, as JSON: for its teacher, and for each student."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.page_data.lesson.steps import END, IDS, PLACES, QUIZ, START, Step, step
from resnet_core.classroom import figure6, store
from resnet_core.classroom.record import Answer, ClassRecord, Member
from resnet_core.errors import PlaygroundError

BINS = 10  # of a histogram of numbers
COLUMNS = 41  # of a band of drawn curves, as of the lesson's pen
_MOST_POINTS = 200  # of a drawn curve
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


def checked(record: ClassRecord, question: str, value: Any) -> str | float | list[list[float]]:
    """Return an answer's value as it is kept.

    Raises:
        PlaygroundError: it does not answer the question.
    """
    place, _, quiz = question.partition(".")
    if place in (START, END):
        options = next((one.options for one in QUIZ if one.id == quiz), ())
        if value in options:
            return str(value)
    elif place in IDS and not quiz:
        kept = _of_step(step(place), value)
        if kept is not None:
            return kept
    raise PlaygroundError("classroom.no_answer")


def check_place(place: Any) -> str:
    """Return a place of the lesson.

    Raises:
        PlaygroundError: the lesson has none of this name.
    """
    if place not in PLACES:
        raise PlaygroundError("classroom.no_answer")
    return str(place)


def for_teacher(record: ClassRecord) -> dict[str, Any]:
    """Return what the teacher's page shows; nothing in it names who answered what."""
    classes = store.of_home()
    members = classes.members(record.code)
    answers = classes.answers(record.code)
    hidden = record.lesson.hide_names
    return {
        "role": "teacher",
        **_common(record),
        "members": ["" if hidden else one.name for one in members],
        "answered": _answered(record, answers),
        "votes": votes(record, answers),
        "quiz": {place: _scores(place, answers) for place in (START, END)},
        "results": _points(record),
    }


def for_student(record: ClassRecord, member: Member) -> dict[str, Any]:
    """Return what a student's page shows: the class's answers only once they are revealed."""
    answers = store.of_home().answers(record.code)
    mine = [one for one in answers if one.member == member.id]
    revealed = record.lesson.phase == "revealed"
    deal = dataclasses.asdict(figure6.deal(member.number)) if record.lesson.dealt else None
    return {
        "role": "student",
        **_common(record),
        "name": member.name,
        "number": member.number,
        "mine": {
            one.question: one.value
            for one in mine
            if one.vote == record.lesson.vote or one.question.partition(".")[0] in (START, END)
        },
        "votes": votes(record, answers) if revealed else None,
        "deal": deal and {**deal, "updates": figure6.UPDATES},
        "sent": any(one.member == member.id for one in store.of_home().results(record.code)),
        "results": _points(record) if deal else [],
    }


def votes(record: ClassRecord, answers: Sequence[Answer]) -> dict[str, Any] | None:
    """Return the class's answers to the step's question, first and second vote.

    Counts of options, counts of numbers in ten equal bins, or a band of drawn curves: least tenth,
    median and greatest tenth in each column.
    """
    name = record.lesson.step
    if name not in IDS:
        return None
    asked = step(name)
    given = {
        vote: [one.value for one in answers if one.question == name and one.vote == vote]
        for vote in (1, 2)
    }
    shown = [given[1], given[2]] if record.lesson.vote == 2 else [given[1]]
    summary = {"choose": _counts, "number": _histogram, "curve": _band}[asked.kind]
    return {
        "kind": asked.kind,
        "step": name,
        "votes": [{"n": len(values), "values": summary(asked, values)} for values in shown],
    }


def table(record: ClassRecord) -> str:
    """Return everything that the class has answered and measured as CSV."""
    classes = store.of_home()
    members = {one.id: one for one in classes.members(record.code)}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "name", "what", "vote", "value"])
    for answer in classes.answers(record.code):
        value = answer.value if isinstance(answer.value, str | float | int) else _text(answer.value)
        writer.writerow(
            [*_who(record, members[answer.member]), answer.question, answer.vote, value]
        )
    for result in classes.results(record.code):
        network = f"{'residual' if result.residual else 'plain'} {result.layers} seed {result.seed}"
        error = f"{100 * result.error:g}"
        writer.writerow([*_who(record, members[result.member]), network, "", error])
    return text.getvalue()


def _common(record: ClassRecord) -> dict[str, Any]:
    lesson = dataclasses.asdict(record.lesson)
    return {"code": record.code, "version": record.version, "news": record.news, "lesson": lesson}


def _of_step(asked: Step, value: Any) -> str | float | list[list[float]] | None:
    if asked.kind == "choose":
        return str(value) if value in asked.options else None
    if asked.kind == "number":
        return _number(value, 0, asked.high)
    if not isinstance(value, list) or not 2 <= len(value) <= _MOST_POINTS:
        return None
    points: list[list[float]] = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            return None
        x, y = _number(pair[0], 0, 1e9), _number(pair[1], 0, 100)
        if x is None or y is None or (points and x <= points[-1][0]):
            return None
        points.append([x, y])
    return points


def _number(value: Any, low: float, high: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if low <= value <= high else None


def _counts(asked: Step, values: Sequence[Any]) -> list[int]:
    counted = Counter(values)
    return [counted[option] for option in asked.options]


def _histogram(asked: Step, values: Sequence[Any]) -> list[int]:
    counts, _ = np.histogram(np.array(values, dtype=float), bins=BINS, range=(0, asked.high))
    return [int(count) for count in counts]


def _band(asked: Step, values: Sequence[Any]) -> list[list[float]]:
    """Return x and the three heights of each column; [] without drawn curves."""
    if not values:
        return []
    curves = [np.array(points, dtype=float) for points in values]
    last = max(float(points[-1, 0]) for points in curves)
    x = np.linspace(0, last, COLUMNS)
    heights = np.array([np.interp(x, points[:, 0], points[:, 1]) for points in curves])
    low, middle, high = np.quantile(heights, (0.1, 0.5, 0.9), axis=0)
    return np.column_stack((x, low, middle, high)).round(2).tolist()


def _answered(record: ClassRecord, answers: Sequence[Answer]) -> int:
    """Return how many students have answered the question, or the last of the five."""
    place = record.lesson.step
    question = f"{place}.{QUIZ[-1].id}" if place in (START, END) else place
    vote = record.lesson.vote
    return sum(one.question == question and one.vote == vote for one in answers)


def _scores(place: str, answers: Sequence[Answer]) -> list[list[int]]:
    """Return how many answered each of the five questions right, and how many answered it."""
    right = {f"{place}.{one.id}": one.right for one in QUIZ}
    return [
        [
            sum(one.question == question and one.value == answer for one in answers),
            sum(one.question == question for one in answers),
        ]
        for question, answer in right.items()
    ]


def _points(record: ClassRecord) -> list[Mapping[str, Any]]:
    return [
        {"layers": one.layers, "residual": one.residual, "error": one.error}
        for one in store.of_home().results(record.code)
    ]


def _who(record: ClassRecord, member: Member) -> tuple[int, str]:
    """Return a student's number and name, which no spreadsheet takes for a formula."""
    name = "" if record.lesson.hide_names else member.name
    return member.number, f"'{name}" if name.startswith(_FORMULA) else name


def _text(points: list[list[float]]) -> str:
    return " ".join(f"{x:g}:{y:g}" for x, y in points)
