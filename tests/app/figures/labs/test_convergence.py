"""The figures of the laboratory convergence: from nothing and from all of its rows."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app.language.texts import Language, Speaker, speaker
from app.server import lab_answers
from resnet_core.labs.convergence.question import QUESTION, Settings

draw = partial(lab_answers.draw, "convergence")
FORMS = ("plain", "residual", "shifted")


def _tables() -> dict[str, pd.DataFrame]:
    rows: dict[str, list[tuple[object, ...]]] = {
        "steps": [
            (form, depth, rate, None if rate == 0.3 else 10.0 * depth, 5.0, 20.0, 3, 3)
            for form in FORMS
            for depth in (1, 2)
            for rate in (0.3, 0.1)
        ],
        "paths": [(form, 0.03, step, 0.5, 1.0 + step) for form in FORMS for step in (0, 1)],
    }
    return {key: pd.DataFrame(rows[key], columns=list(QUESTION.tables[key])) for key in rows}


def test_only_what_there_is_is_drawn(say: Speaker) -> None:
    assert draw({}, Settings(), say, dark=False) == {}
    assert list(draw({"paths": _tables()["paths"][:1]}, Settings(), say, dark=False)) == ["paths"]


def test_the_best_rate_is_drawn_and_the_control_is_dotted(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["steps"]
    lines = [trace for trace in figure.data if trace.fill is None]
    assert [list(line.y) for line in lines] == [[10.0, 20.0]] * 3
    assert lines[-1].line.dash == "dot"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_figure_is_drawn_with_axes_named(language: Language) -> None:
    figures = draw(_tables(), Settings(), speaker(language), dark=True)
    assert list(figures) == ["paths", "steps"]
    for figure in figures.values():
        assert figure.layout.xaxis.title.text
        assert figure.layout.yaxis.title.text
