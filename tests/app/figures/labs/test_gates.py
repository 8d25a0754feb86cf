"""What the shortcuts let through, in percent, beside the identity's 100."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app.language.texts import Speaker
from app.server import lab_answers
from resnet_core.labs.gates.question import QUESTION, Settings

draw = partial(lab_answers.draw, "gates")


def _row(run: str, iteration: int, place: int, carry: float) -> dict[str, object]:
    who = {"run": run, "label": run, "family": "highway", "depth": 20}
    where = {"iteration": iteration, "place": place, "block": f"layer1.{place - 1}"}
    spread = {"low": 0.05, "high": 0.4, "closed": 0.0, "error": 0.01}
    return {**who, **where, **spread, "transform": 1 - carry, "carry": carry}


def test_the_curves_are_the_shortcuts_shares_of_x(say: Speaker) -> None:
    trained = [_row("a run", 1060, 1, 0.6), _row("a run", 1060, 2, 0.7)]
    live = [_row("live", at, place, 0.8 - at / 100) for at in (0, 10) for place in (1, 2)]
    table = pd.DataFrame([*trained, *live])
    assert set(table) == set(QUESTION.tables["gates"])
    figures = draw({"gates": table}, Settings(iterations=50), say, False)
    assert list(figures) == ["training", "blocks"]
    first, second = figures["training"].data
    assert (list(first.x), list(first.y)) == ([0, 10], pytest.approx([80, 70]))
    assert first.line.color != second.line.color
    assert list(figures["training"].layout.xaxis.range) == [0, 50]
    curves = [trace for trace in figures["blocks"].data if trace.fill is None]
    assert [list(curve.y) for curve in curves] == [
        pytest.approx(shares) for shares in ([60, 70], [80, 80], [70, 70])
    ]
    for figure in figures.values():
        assert figure.layout.shapes[0].y0 == figure.layout.annotations[0].y == 100  # the identity
        assert figure.layout.yaxis.range[0] == 0


def test_trained_gates_are_drawn_before_the_training_begins(say: Speaker) -> None:
    table = pd.DataFrame([_row("a run", 1060, 1, 0.6)])
    assert list(draw({"gates": table}, Settings(), say, True)) == ["blocks"]
    assert draw({}, Settings(), say, True) == {}
