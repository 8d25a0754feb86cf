"""The figures of the laboratory shattered: from nothing, from a part, from all of its rows."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app import theme
from app.language.texts import Language, Speaker, speaker
from app.server import lab_answers
from resnet_core.labs.shattered.question import QUESTION, Settings

draw = partial(lab_answers.draw, "shattered")

SERIES = ("white", "brown", "plain-2", "plain-50", "residual-2", "residual-50")


def _tables() -> dict[str, pd.DataFrame]:
    rows: dict[str, list[tuple[object, ...]]] = {
        "gradients": [(name, place, 0.5) for name in SERIES for place in (-2.0, 2.0)],
        "autocorrelation": [
            (name, seed, lag, 1.0 - lag * (0.1 + seed / 10))
            for name in SERIES
            for seed in (0, 1)
            for lag in (0, 1)
        ],
        "depths": [
            (form, batch_norm, depth, seed, (0.5 if batch_norm else 0.8) + seed / 10)
            for form in ("plain", "residual")
            for batch_norm in (True, False)
            for depth in (1, 2)
            for seed in (0, 1)
        ],
    }
    return {key: pd.DataFrame(rows[key], columns=list(QUESTION.tables[key])) for key in rows}


def test_only_what_there_is_is_drawn(say: Speaker) -> None:
    assert draw({}, Settings(), say, dark=False) == {}
    part = {"gradients": _tables()["gradients"][:2], "depths": _tables()["depths"][:0]}
    assert list(draw(part, Settings(), say, dark=False)) == ["gradients"]


def test_gradients_stand_above_each_other_networks_first(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["gradients"]
    assert [trace.name for trace in figure.data] == [
        "plain, 2 layers",
        "plain, 50 layers",
        "residual, 2 layers",
        "residual, 50 layers",
        "brown noise",
        "white noise",
    ]


def test_lines_are_means_over_seeds_in_the_families_colours(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["depths"]
    band, line = figure.data[:2]
    assert list(line.y) == pytest.approx([0.55, 0.55])
    assert (min(band.y), max(band.y)) == (0.5, 0.6)
    assert line.line.color == theme.colour("plain", 110)


def test_the_noises_are_dashed(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["autocorrelation"]
    dashed = {trace.name for trace in figure.data if trace.line.dash == "dash"}
    assert dashed == {"white noise", "brown noise"}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_figure_is_drawn_with_its_axes_named(language: Language) -> None:
    figures = draw(_tables(), Settings(), speaker(language), dark=True)
    assert list(figures) == ["gradients", "autocorrelation", "depths"]
    for key in ("autocorrelation", "depths"):
        assert figures[key].layout.xaxis.title.text
        assert figures[key].layout.yaxis.title.text
    assert figures["gradients"].layout.xaxis6.title.text
