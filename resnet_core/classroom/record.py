"""Records of a class while it lasts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

# idle: nothing is asked; asked: answers are taken; revealed: everybody sees them.
Phase = Literal["idle", "asked", "revealed"]

LONGEST_NAME = 24
DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """State that the teacher leads and all pages of the class follow.

    Attributes:
        step: of the lesson, whose question is asked; "" before the first.
        phase: of the step's question.
        vote: 1, or 2 once students answer again.
        roam: students may leave the step; without it their pages follow.
        paused: nothing can be answered, sent or started.
        hide_names: nicknames are shown to nobody.
        trainings: students may train, one run at a time.
        dealt: the class's Figure 6 has begun: each phone has been dealt a network.
    """

    step: str = ""
    phase: Phase = "idle"
    vote: int = 1
    roam: bool = True
    paused: bool = False
    hide_names: bool = True
    trainings: bool = False
    dealt: bool = False


@dataclass(frozen=True, kw_only=True)
class ClassRecord:
    """A class.

    Attributes:
        code: what students type.
        created: seconds since the epoch.
        version: raised by every change of `lesson`.
        news: raised by everything that the teacher's page shows.
    """

    code: str
    created: float
    lesson: Lesson
    version: int
    news: int


@dataclass(frozen=True, kw_only=True)
class Member:
    """A student.

    Attributes:
        number: in the class, from 1, in the order of joining.
        name: a nickname, or "" for none.
    """

    id: str
    code: str
    number: int
    name: str
    joined: float


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A student's answer to a question in one vote.

    Attributes:
        question: a step's id, or "start.ID" and "end.ID" of the five questions.
        value: an option's name, a number, or points of a curve as pairs.
    """

    member: str
    question: str
    vote: int
    value: str | float | list[list[float]]


@dataclass(frozen=True, kw_only=True)
class Result:
    """Result of a phone's training in the playground.

    Attributes:
        layers: weighted layers.
        error: share of training points on the wrong side, 0 to 1.
    """

    member: str
    layers: int
    residual: bool
    seed: int
    error: float


def nickname(typed: str) -> str:
    """Return a nickname of printable characters on one line, at most `LONGEST_NAME` long."""
    composed = unicodedata.normalize("NFC", typed)
    # Categories C: control, format (which reverses or hides text), surrogates, private use.
    kept = "".join(one if unicodedata.category(one)[0] != "C" else " " for one in composed)
    return re.sub(r"\s+", " ", kept).strip()[:LONGEST_NAME].strip()
