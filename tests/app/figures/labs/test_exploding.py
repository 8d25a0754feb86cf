"""The figures of the laboratory exploding: from nothing and from all of its rows."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app.language.texts import Language, Speaker, speaker
from app.server import lab_answers
from resnet_core.labs.exploding.question import QUESTION, Settings

KINDS = ("plain", "residual", "leaky", "dirac", "plain_no_bn", "residual_no_bn")

draw = partial(lab_answers.draw, "exploding")


def _tables() -> dict[str, pd.DataFrame]:
    rows: dict[str, list[tuple[object, ...]]] = {
        "signals": [
            (kind, depth, layer, place, 10.0 * depth, 0.5)
            for kind in KINDS
            for depth in (8, 20)
            for layer, place in ((1, 0.0), (depth - 1, 1.0))
        ],
        "growth": [
            (kind, depth, seed, ratio, 1.1, 0.5)
            for kind in KINDS
            for depth in (8, 20)
            for seed, ratio in ((0, 10.0), (1, 1000.0 if kind == "plain" else None))
        ],
    }
    return {key: pd.DataFrame(rows[key], columns=list(QUESTION.tables[key])) for key in rows}


def test_only_what_there_is_is_drawn(say: Speaker) -> None:
    assert draw({}, Settings(), say, dark=False) == {}
    part = draw({"growth": _tables()["growth"][:1]}, Settings(), say, dark=False)
    assert list(part) == ["growth"]


def test_the_deepest_network_of_each_kind_is_drawn(say: Speaker) -> None:
    figures = draw(_tables(), Settings(), say, dark=False)
    assert [trace.y[0] for trace in figures["signals"].data] == [200.0] * len(KINDS)
    assert len(figures["alike"].data) == 2


def test_growth_has_geometric_means_and_the_prediction(say: Speaker) -> None:
    figure = draw(_tables(), Settings(), say, dark=False)["growth"]
    lines = [trace for trace in figure.data if trace.fill is None]
    assert list(lines[0].y) == pytest.approx([100.0, 100.0])
    assert lines[-1].line.dash == "dash"
    assert lines[-1].y[1] / lines[-1].y[0] == pytest.approx(1.2112**12, rel=1e-3)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_figure_is_drawn_with_axes_named(language: Language) -> None:
    figures = draw(_tables(), Settings(), speaker(language), dark=True)
    assert list(figures) == ["signals", "growth", "alike"]
    for figure in figures.values():
        assert figure.layout.xaxis.title.text
        assert figure.layout.yaxis.title.text
