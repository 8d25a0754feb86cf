"""The steps of the lesson, in the order in which they tell their story.

Their sentences are in the catalogue: `lesson.step.ID.claim`, `.text`, `.question`, `.measured`,
`.why.OUTCOME` and, where one chooses, `.option.NAME`. What is measured: `measured.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from resnet_core.errors import InvalidSetting

Kind = Literal["choose", "number", "curve"]
START, END = "start", "end"  # the five questions, before the first step and after the last


@dataclass(frozen=True)
class Step:
    """One claim with one question.

    Attributes:
        id: in the URL, and in the keys of its texts.
        kind: how one answers: an option's name, a number, or a curve that is drawn.
        outcomes: what the measurement can find; each has its sentence of why.
        options: names of the answers to choose from.
        tolerance: in the unit of the number: a guess this near counts as right.
        unit: of the number.
        high: the largest number that can be put in; the least is 0.
        source: page of the experiment.
        query: parameters of the source's URL.
        live: page where the reader can run it now, and its parameters; "" for none.
    """

    id: str
    kind: Kind
    outcomes: tuple[str, ...]
    options: tuple[str, ...] = ()
    tolerance: float = 0.0
    unit: str = ""
    high: float = 100.0
    source: str = "puzzle"
    query: Mapping[str, str] = field(default_factory=dict)
    live: str = ""
    live_query: Mapping[str, str] = field(default_factory=dict)


STEPS: tuple[Step, ...] = (
    Step("deeper", "curve", ("worse", "not_worse"), live="puzzle"),
    Step("training", "number", ("both_high", "overfits"), tolerance=5, unit="%"),
    Step(
        "gradients",
        "choose",
        ("ten", "thousand", "million"),
        options=("ten", "thousand", "million"),
        source="labs/court",
    ),
    Step("copy", "number", ("same", "differs"), tolerance=1, unit="%", source="labs/graft"),
    Step("search", "number", ("missed", "found"), tolerance=10, unit="%", source="labs/graft"),
    Step(
        "race",
        "choose",
        ("residual", "plain", "same"),
        options=("plain", "residual", "same"),
        source="labs/microscope",
        live="playground",
    ),
    Step("form", "choose", ("none",), options=("none", "few", "double"), source="architecture"),
    Step("twins", "curve", ("better", "not_better"), live="puzzle"),
    Step(
        "responses",
        "choose",
        ("same", "residual", "plain"),
        options=("plain", "residual", "same"),
        source="compare",
        query={"order": "sorted"},
    ),
    Step("remove", "number", ("little", "much"), tolerance=10, unit="%", source="labs/lesion"),
    Step("shortcut", "number", ("more",), tolerance=15, unit="%", high=200, source="architecture"),
    Step("depth", "choose", ("higher",), options=("lower", "same", "higher"), source="labs/depth"),
    Step(
        "open",
        "choose",
        ("between", "plain", "residual"),
        options=("plain", "between", "residual"),
        source="labs/microscope",
    ),
)
IDS = tuple(step.id for step in STEPS)
PLACES = (START, *IDS, END)


@dataclass(frozen=True)
class QuizQuestion:
    """One of the five questions that are asked at the start and at the end.

    Attributes:
        right: the right option's name; each other one has a sentence that says why not.
        step: the lesson's step that answers it.
        source: page of the experiment that shows it.
    """

    id: str
    options: tuple[str, ...]
    right: str
    step: str
    source: str


QUIZ: tuple[QuizQuestion, ...] = (
    QuizQuestion(
        "worse", ("overfits", "vanish", "search", "weak"), "search", "search", "labs/graft"
    ),
    QuizQuestion("easier", ("weights", "zero", "wider"), "zero", "race", "labs/microscope"),
    QuizQuestion("parameters", ("more", "fewer", "same"), "same", "form", "architecture"),
    QuizQuestion("remove", ("guess", "little", "nothing"), "little", "remove", "labs/lesion"),
    QuizQuestion("deepest", ("degrades", "overfits", "vanish"), "overfits", "depth", "labs/depth"),
)


def step(name: str) -> Step:
    """Return the step of this id.

    Raises:
        InvalidSetting: there is none.
    """
    for one in STEPS:
        if one.id == name:
            return one
    raise InvalidSetting("step", "page.step", step=name[:40], steps=IDS)


# Minutes of each place by the lesson's length; a place that is missing is left out.
PLANS: Mapping[int, Mapping[str, int]] = {
    20: {
        **{START: 2, "deeper": 3, "training": 2, "copy": 2, "search": 2},
        **{"race": 2, "form": 2, "twins": 3, END: 2},
    },
    50: {
        **{START: 3, "deeper": 4, "training": 3, "gradients": 4, "copy": 4, "search": 3},
        **{"race": 4, "form": 3, "twins": 4, "responses": 3, "remove": 4, "shortcut": 3},
        **{"depth": 3, "open": 2, END: 3},
    },
}
