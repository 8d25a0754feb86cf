"""The figures of the laboratory microscope: from nothing, from a part, from all of its rows."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app import theme
from app.language.texts import Language, Speaker, speaker
from app.server import lab_answers
from resnet_core.labs.microscope.question import QUESTION, Settings

draw = partial(lab_answers.draw, "microscope")


def _race(*forms: str, steps: tuple[int, ...] = (0, 4)) -> pd.DataFrame:
    rows = [
        (form, gain, 0.1, step, loss, None if loss is None else loss / 2, loss)
        for form in forms
        for step in steps
        for gain, loss in ((0.1, 0.5 / (step + 1)), (1.0, None))
    ]
    return pd.DataFrame(rows, columns=list(QUESTION.tables["race"]))


def _depths() -> pd.DataFrame:
    rows = [(depth, "plain", 1.0, 0.1, 0.0, 0.0, 0.1) for depth in (10, 1)]
    return pd.DataFrame(rows, columns=list(QUESTION.tables["depths"]))


def _norms() -> pd.DataFrame:
    rows = [
        (f, m, b, 0.1, 1.0) for f in ("plain", "residual") for m in ("start", "end") for b in (1, 2)
    ]
    return pd.DataFrame(rows, columns=list(QUESTION.tables["norms"]))


def test_there_is_nothing_to_draw_before_the_first_row(say: Speaker) -> None:
    assert draw({}, Settings(), say, dark=False) == {}
    assert draw({"race": _race()}, Settings(), say, dark=False) == {}


def test_the_best_recipe_is_bold_in_the_familys_colour(say: Speaker) -> None:
    figure = draw({"race": _race("plain", "residual")}, Settings(), say, dark=False)["race"]
    bold = [trace for trace in figure.data if trace.line.width == 3]
    assert [trace.name for trace in bold] == ["plain", "residual"]
    assert bold[0].line.color == theme.colour("plain", 56)
    assert bold[1].line.color == theme.colour("resnet", 56)
    assert list(bold[0].x) == [0, 4]
    assert list(bold[0].y) == [0.5, 0.1]


def test_a_recipe_that_diverged_has_gaps_and_no_figure_fails(say: Speaker) -> None:
    table = _race("residual").assign(loss=None, low=None, high=None)
    figure = draw({"race": table}, Settings(), say, dark=True)["race"]
    assert all(value is None for trace in figure.data for value in trace.y)


def test_depths_rise_and_a_loss_of_zero_stays_on_the_logarithmic_axis(say: Speaker) -> None:
    figure = draw({"depths": _depths()}, Settings(), say, dark=False)["depths"]
    curve = figure.data[-1]
    assert list(curve.x) == [1, 10]
    assert min(curve.y) > 0
    assert figure.layout.yaxis.type == "log"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_figure_is_drawn_with_axes_named(language: Language) -> None:
    tables = {"race": _race("plain", "shifted"), "depths": _depths(), "norms": _norms()}
    figures = draw(tables, Settings(), speaker(language), dark=False)
    assert list(figures) == ["race", "depths", "norms"]
    for figure in figures.values():
        assert figure.layout.xaxis.title.text
        assert figure.layout.yaxis.title.text
