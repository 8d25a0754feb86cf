"""Errors by depth as the tables hold them, and the paper's beside them."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app.language.texts import speaker
from app.server import lab_answers
from resnet_core.labs.depth.question import QUESTION, Settings
from resnet_core.paper.cifar import TEST_ERROR

draw = partial(lab_answers.draw, "depth")

ERRORS = pd.DataFrame(
    [
        {"source": source, "label": f"{family}-{depth}", "family": family, "depth": depth}
        | {"seed": 0, "train": depth / 10, "test": depth / 5}
        for source, family, depth in (
            ("live", "resnet", 56),
            ("live", "resnet", 8),
            ("one", "plain", 20),
            ("two", "plain", 56),
        )
    ]
)
CURVES = pd.DataFrame(
    [
        {"depth": depth, "seed": seed, "iteration": iteration, "error": 90.0 - iteration + seed}
        | {"test": 80.0 if iteration == 20 else None}
        for depth in (8, 56)
        for seed in (-1, 1)
        for iteration in (0, 10, 20)
    ]
)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("dark", [False, True])
def test_all_three_figures_are_drawn(language: str, dark: bool) -> None:
    tables = {"errors": ERRORS, "curves": CURVES}
    figures = draw(tables, Settings(), speaker(language), dark)  # type: ignore[arg-type]
    assert list(figures) == ["errors", "curves", "paper"]
    assert all(figure.to_json() for figure in figures.values())
    assert all(figure.layout.yaxis.range[0] == 0 for figure in figures.values())


def test_the_numbers_are_the_tables_and_the_papers_are_dashed() -> None:
    figures = draw({"errors": ERRORS, "curves": CURVES}, Settings(), speaker("en"), False)
    test, train, *trained, paper = figures["errors"].data
    assert (list(train.x), list(train.y)) == ([8, 56], [0.8, 5.6])
    assert list(test.y) == [1.6, 11.2]
    assert [list(trace.y) for trace in trained] == [[2.0, 5.6], [4.0, 11.2]]
    assert paper.line.dash == "dash"
    assert dict(zip(paper.x, paper.y, strict=True)) == TEST_ERROR
    assert [trace.line.dash for trace in (test, train)] == [None, None]
    thin, bold = figures["curves"].data[:2]
    assert (list(thin.x), list(thin.y)) == ([20], [80.0])
    assert list(bold.y) == [90.0, 80.0, 70.0]


def test_what_is_there_so_far_is_drawn() -> None:
    say = speaker("en")
    empty = {name: pd.DataFrame(columns=columns) for name, columns in QUESTION.tables.items()}
    assert draw({}, Settings(), say, False) == draw(empty, Settings(), say, False) == {}
    begun = draw({"curves": CURVES[:1]}, Settings(), say, False)
    assert list(begun) == ["curves", "paper"]
    diverged = ERRORS[:1].assign(train=None, test=None)
    assert draw({"errors": diverged}, Settings(), say, False)["errors"].data[0].y[0] is None
