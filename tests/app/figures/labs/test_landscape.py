"""The figures of the laboratory landscape: from nothing, from a part, from all of its rows."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest

from app import theme
from app.figures.labs.landscape import grid
from app.language.texts import Language, Speaker, speaker
from app.server import lab_answers
from resnet_core.labs.landscape.question import QUESTION, Settings

draw = partial(lab_answers.draw, "landscape")


def _height(x: float, y: float) -> float:
    return 0.1 + x**2 + 2 * y**2


def _tables(level: int = 5) -> dict[str, pd.DataFrame]:
    places = np.linspace(-1, 1, level)
    rows: dict[str, list[tuple[object, ...]]] = {
        "networks": [
            ("a", "plain-56 · seed 0", "plain", 56, 2.0, 0.1, 86.0, 60, 2.303),
            ("b", "resnet-56 · seed 0", "resnet", 56, 0.1, 0.02, 2.0, 60, 2.303),
        ],
        "lines": [
            (subject, direction, place, _height(place, 0), 0.0, 3.0, 5.0)
            for subject in "ab"
            for direction in (1, 2)
            for place in (0.0, 1.0, -1.0)
        ],
        "surface": [
            (subject, level, x, y, _height(x, y), 5.0)
            for subject in "ab"
            for x in places
            for y in places
        ],
    }
    return {key: pd.DataFrame(rows[key], columns=list(QUESTION.tables[key])) for key in rows}


def test_only_what_there_is_is_drawn(say: Speaker) -> None:
    tables = _tables()
    assert draw({}, Settings(), say, dark=False) == {}
    assert draw({"networks": tables["networks"]}, Settings(), say, dark=False) == {}
    part = {"networks": tables["networks"], "lines": tables["lines"][:1]}
    assert list(draw(part, Settings(), say, dark=False)) == ["lines"]


def test_a_complete_grid_is_its_rows() -> None:
    rows = _tables(21)["surface"]
    places, losses = grid(rows[rows["subject"] == "a"])
    x, y = np.meshgrid(places, places)
    np.testing.assert_allclose(losses, _height(x, y))


def test_a_grid_just_begun_shows_the_coarser_one() -> None:
    coarse, fine = _tables(5)["surface"], _tables(21)["surface"]
    one = pd.DataFrame([fine.iloc[1]])  # x = -1, y = -0.9
    places, losses = grid(pd.concat([coarse[coarse["subject"] == "a"], one]))
    assert len(places) == 21
    assert not np.isnan(losses).any()
    assert losses[1, 0] == pytest.approx(_height(-1, -0.9))
    assert losses[10, 10] == losses[10, 11] == pytest.approx(_height(0, 0))


def test_all_networks_share_one_colour_scale(say: Speaker) -> None:
    figures = draw(_tables(), Settings(), say, dark=False)
    for key in ("contours", "mountains"):
        assert [trace.coloraxis for trace in figures[key].data] == ["coloraxis", "coloraxis"]
    axis = figures["contours"].layout.coloraxis
    assert axis.cmin == pytest.approx(np.log10(0.1))
    titles = [note.text for note in figures["contours"].layout.annotations]
    assert titles[0] == "plain-56 · seed 0 · 5 × 5 · centre 2.00 ± 0.10 (60 images)"


def test_lines_are_in_the_families_colours_with_guessing_marked(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["lines"]
    bold = [trace for trace in figure.data if trace.line.width == 2.5]
    assert [trace.line.color for trace in bold] == [
        theme.colour("plain", 56),
        theme.colour("resnet", 56),
    ]
    assert list(bold[0].x) == [-1.0, 0.0, 1.0]
    assert figure.layout.shapes[0].y0 == pytest.approx(2.303)
    assert figure.layout.annotations[0].y == pytest.approx(np.log10(2.303))
    assert figure.layout.yaxis.type == "log"


def test_losses_that_are_no_number_leave_gaps_and_no_error(say: Speaker) -> None:
    tables = _tables()
    tables["surface"].loc[3, "loss"] = None
    tables["surface"].loc[tables["surface"]["subject"] == "b", "loss"] = None
    assert list(draw(tables, Settings(), say, dark=True)) == ["lines", "contours", "mountains"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_figure_is_drawn_with_axes_named(language: Language) -> None:
    figures = draw(_tables(), Settings(), speaker(language), dark=True)
    assert list(figures) == ["lines", "contours", "mountains"]
    for key in ("lines", "contours"):
        assert figures[key].layout.xaxis.title.text
        assert figures[key].layout.yaxis.title.text
    assert figures["mountains"].layout.scene.zaxis.title.text
