"""The figures of the laboratory dial: from nothing, from a part, from all of its rows."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app import theme
from app.language.texts import Language, Speaker, speaker
from app.server import lab_answers
from resnet_core.labs.dial.question import QUESTION, Settings

draw = partial(lab_answers.draw, "dial")


def _tables() -> dict[str, pd.DataFrame]:
    rows: dict[str, list[tuple[object, ...]]] = {
        "trained": [
            (1.0, "kept", 0.6, 0.1, 500),
            (1.0, "anew", 0.5, 0.1, 500),
            (0.5, "kept", 90.0, 9.0, 500),
            (0.5, "anew", 37.0, 1.0, 500),
        ],
        "curves": [
            (0.0, 0, 20, 0, 90.0, 2.3),
            (0.0, 0, 20, 15, None, 2.0),
            (1.0, 0, 20, 0, 90.0, 2.3),
        ],
        "ends": [
            (1.0, 0, 10.0, 11.0, 300, False),
            (1.0, 1, 12.0, 13.0, 300, False),
            (0.0, 0, 55.0, 58.0, 300, False),
        ],
    }
    return {key: pd.DataFrame(rows[key], columns=list(QUESTION.tables[key])) for key in rows}


def test_only_what_there_is_is_drawn(say: Speaker) -> None:
    assert draw({}, Settings(), say, dark=False) == {}
    part = {"trained": _tables()["trained"][:1], "ends": _tables()["ends"][:0]}
    assert list(draw(part, Settings(), say, dark=False)) == ["trained"]


def test_the_network_as_trained_is_bold_and_alpha_rises(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["trained"]
    thin, bold = figure.data
    assert (list(bold.x), list(bold.y)) == ([0.5, 1.0], [90.0, 0.6])
    assert list(thin.y) == [37.0, 0.5]
    assert bold.line.width > thin.line.width
    assert bold.line.color == theme.colour("resnet", 56)


def test_training_error_is_bold_test_error_thin_on_an_axis_from_0(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["ends"]
    test, band, train = figure.data
    assert max(band.y) == 55.0
    assert list(train.y) == [55.0, 11.0]
    assert list(test.y) == [58.0, 12.0]
    assert train.line.width > test.line.width
    assert figure.layout.yaxis.range[0] == 0


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_figure_is_drawn_with_axes_named(language: Language) -> None:
    figures = draw(_tables(), Settings(), speaker(language), dark=True)
    assert list(figures) == ["trained", "ends", "curves"]
    for figure in figures.values():
        assert figure.layout.xaxis.title.text
        assert figure.layout.yaxis.title.text
