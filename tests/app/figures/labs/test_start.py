"""The figures of the laboratory start: from nothing and from all of its rows."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app.language.texts import Language, Speaker, speaker
from app.server import lab_answers
from resnet_core.labs.start.question import QUESTION, Settings
from resnet_core.labs.start.verdicts import ROLES

draw = partial(lab_answers.draw, "start")
FIGURES = ["curves", "errors", "singular", "responses"]


def _tables() -> dict[str, pd.DataFrame]:
    seeds = [(role, seed) for role in ROLES for seed in (0, 1)]
    rows: dict[str, list[tuple[object, ...]]] = {
        "curves": [(*one, 44, step, 90.0 - step) for one in seeds for step in (0, 10)],
        "singular": [(role, 1 + r, r / 10, 10.0 ** (-4 * r)) for role in ROLES for r in (0, 3)],
        "responses": [(role, 1 + layer, layer / 2, 1.0) for role in ROLES for layer in (0, 1, 2)],
        "errors": [(*one, 50.0 + one[1], 60.0, False) for one in seeds],
    }
    return {key: pd.DataFrame(rows[key], columns=list(QUESTION.tables[key])) for key in rows}


def test_only_what_there_is_is_drawn(say: Speaker) -> None:
    assert draw({}, Settings(), say, dark=False) == {}
    part = draw({"singular": _tables()["singular"][:1]}, Settings(), say, dark=False)
    assert list(part) == ["singular"]


def test_a_lost_direction_is_drawn_at_the_foot(say: Speaker) -> None:
    """Float32's rounding has no meaning on a logarithmic axis."""
    figure = draw(_tables(), Settings(), say, dark=False)["singular"]
    assert [list(trace.y) for trace in figure.data] == [[1.0, 1e-8]] * len(ROLES)


def test_every_role_has_a_row_of_its_errors(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["errors"]
    assert len(figure.layout.yaxis.ticktext) == len(ROLES)
    assert list(figure.data[0].x[:2]) == [50.0, 51.0]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_figure_is_drawn_with_axes_named(language: Language) -> None:
    figures = draw(_tables(), Settings(), speaker(language), dark=True)
    assert list(figures) == FIGURES
    for figure in figures.values():
        assert figure.layout.xaxis.title.text
