"""The ensemble's figures hold the tables' numbers, whole and half-filled."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app.language.texts import speaker
from app.server import lab_answers
from resnet_core.labs.ensemble.question import QUESTION, Settings

draw = partial(lab_answers.draw, "ensemble")

MEMBERS = pd.DataFrame(
    [
        {"run": f"r{n}", "label": f"resnet-20 · seed {n}", "family": "resnet", "depth": 20}
        | {"error": 8.0 + n}
        for n in range(3)
    ]
)
JOINED = pd.DataFrame([{"members": n + 1, "error": 8.0 - n, "alone": 8.5} for n in range(3)])
SUBSETS = pd.DataFrame(
    [{"members": n + 1, "mean": 9.0 - n, "low": 8.0 - n, "high": 10.0 - n} for n in range(3)]
)
PAIRS = pd.DataFrame(
    [
        {"first": f"resnet-20 · seed {a}", "second": f"resnet-20 · seed {b}"}
        | {"disagreement": 10.0 + a + b, "both_wrong": 2.0, "independent": 0.7}
        for a, b in ((0, 1), (0, 2), (1, 2))
    ]
)
DROPPED = pd.DataFrame(
    [
        {"label": "resnet-20 · seed 0", "dropped": n, "draw": d, "blocks": "layer1.1"}
        | {"error": 20.0 * n + d}
        for n in (1, 2)
        for d in (1, 2)
    ]
)
THINNED = pd.DataFrame(
    [{"label": "resnet-20 · seed 0", "dropped": n, "alone": 20.0 * n, "average": n} for n in (1, 2)]
)
TABLES = {
    "members": MEMBERS,
    "joined": JOINED,
    "subsets": SUBSETS,
    "pairs": PAIRS,
    "dropped": DROPPED,
    "thinned": THINNED,
}


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("dark", [False, True])
def test_all_three_figures_are_drawn(language: str, dark: bool) -> None:
    figures = draw(TABLES, Settings(), speaker(language), dark)  # type: ignore[arg-type]
    assert list(figures) == ["joined", "pairs", "dropped"]
    assert all(figure.to_json() for figure in figures.values())


def test_the_numbers_are_the_tables() -> None:
    figures = draw(TABLES, Settings(), speaker("en"), False)
    alone = next(trace for trace in figures["joined"].data if trace.mode == "markers")
    assert list(alone.y) == [8.0, 9.0, 10.0]
    average = figures["joined"].data[-1]
    assert list(average.y) == [9.0, 8.0, 7.0]
    square = figures["pairs"].data[0].z
    assert square[0][1] == square[1][0] == 11.0
    assert square[2][2] is None
    points = next(trace for trace in figures["dropped"].data if len(trace.x) == 4)
    assert list(points.y) == [21.0, 22.0, 41.0, 42.0]
    for key in ("joined", "dropped"):
        axis = figures[key].layout.yaxis
        assert axis.rangemode == "tozero" or axis.range[0] == 0


def test_what_is_there_so_far_is_drawn() -> None:
    say = speaker("en")
    assert draw({}, Settings(), say, False) == {}
    empty = {name: pd.DataFrame(columns=columns) for name, columns in QUESTION.tables.items()}
    assert draw(empty, Settings(), say, False) == {}
    first = {"members": MEMBERS[:1], "joined": JOINED[:1]}
    assert list(draw(first, Settings(), say, False)) == ["joined"]
    begun = {**first, "dropped": DROPPED[:1]}
    assert list(draw(begun, Settings(), say, False)) == ["joined", "dropped"]
