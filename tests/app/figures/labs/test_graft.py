"""The figures of the laboratory graft: from nothing, from a part, from all of its rows."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app.language.texts import Language, Speaker, speaker
from app.server import lab_answers
from resnet_core.labs.graft.question import QUESTION, Settings

draw = partial(lab_answers.draw, "graft")


def _tables() -> dict[str, pd.DataFrame]:
    rows: dict[str, list[tuple[object, ...]]] = {
        "copies": [
            (2, 38, "evaluation", 3.4, 0, 0.0, 1000),
            (2, 38, "training", 2.8, 6, 1.4, 1000),
        ],
        "curves": [
            ("0", 0.0, "plain", 0, 38, 0, 3.0, 0.1),
            ("0", 0.0, "plain", 0, 38, 4, None, 0.1),
            ("0", 0.0, "plain", 1, 38, 0, 5.0, 0.1),
            ("scratch", None, "plain", 0, 38, 0, 90.0, 2.4),
            ("control", None, "resnet", 0, 38, 0, 90.0, 2.4),
        ],
        "ends": [
            ("scratch", None, "plain", 0, 90.0, 86.0, 60, False),
            ("0", 0.0, "plain", 0, 3.0, 3.1, 60, False),
            ("0", 0.0, "plain", 1, 3.0, 4.1, 60, False),
            ("control", None, "resnet", 0, 90.0, 20.0, 60, False),
        ],
    }
    return {key: pd.DataFrame(rows[key], columns=list(QUESTION.tables[key])) for key in rows}


def test_only_what_there_is_is_drawn(say: Speaker) -> None:
    assert draw({}, Settings(), say, dark=False) == {}
    part = {"copies": _tables()["copies"][:1], "ends": _tables()["ends"][:0]}
    assert list(draw(part, Settings(), say, dark=False)) == ["copies"]


def test_the_copies_are_bars_by_depth_on_an_axis_from_0(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["copies"]
    assert [list(bar.y) for bar in figure.data] == [[3.4], [2.8]]
    assert list(figure.data[0].x) == ["38 layers"]
    assert figure.layout.yaxis.range[0] == 0


def test_every_start_has_a_column_and_every_seed_a_mark(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["ends"]
    before, after = figure.data
    assert list(before.x) == list(after.x) == [0, 1, 1, 2]
    assert (list(before.y), list(after.y)) == ([90, 3, 3, 90], [86, 3.1, 4.1, 20])
    assert figure.layout.xaxis.ticktext[2] == "from scratch, resnet"


def test_the_curves_are_means_over_seeds(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["curves"]
    curves = {trace.name: list(trace.y) for trace in figure.data}
    assert curves["grafted, noise × 0"] == [4.0, None]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_figure_is_drawn_with_axes_named(language: Language) -> None:
    figures = draw(_tables(), Settings(), speaker(language), dark=True)
    assert list(figures) == ["copies", "curves", "ends"]
    for figure in figures.values():
        assert figure.layout.xaxis.title.text
        assert figure.layout.yaxis.title.text
