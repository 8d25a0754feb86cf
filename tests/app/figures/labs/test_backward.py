"""Gains, gradients and cosines by block, from input to output."""

from __future__ import annotations

from functools import partial

import pandas as pd

from app import theme
from app.language.texts import Speaker
from app.server import lab_answers
from resnet_core.labs.backward.question import QUESTION, Settings

draw = partial(lab_answers.draw, "backward")


def _row(family: str, place: int, resizes: bool, shortcut: float | None) -> dict[str, object]:
    moves = None if resizes or not shortcut else 1.0
    return {
        **{"run": family, "label": family, "family": family, "depth": 8},
        **{"place": place, "block": f"layer{place}.0", "changes_size": resizes},
        **{"behind": 2.0, "before": 4.0, "shortcut": shortcut, "branch": 1.0, "gain": 2.0},
        **{"shortcut_gain": shortcut, "branch_gain": 0.5, "cosine": shortcut and 0.3},
        **{"descent": moves and 0.1, "descent_error": moves and 0.02, "gain_error": 0.01},
        **{"behind_error": 0.1, "before_error": 0.1},
    }


def test_the_curves_are_the_table_from_input_to_output(say: Speaker) -> None:
    rows = [_row("resnet", 2, True, 1.0), _row("resnet", 1, False, 1.0)]  # last block first
    table = pd.DataFrame([*rows, _row("plain", 2, True, None), _row("plain", 1, False, None)])
    assert set(table) == set(QUESTION.tables["additions"])
    figures = draw({"additions": table}, Settings(), say, False)
    assert list(figures) == ["gains", "gradient", "cosine", "descent"]
    gains = figures["gains"].data
    assert len(gains) == 4  # a plain network has no parts
    assert list(gains[0].x) == [1, 2]
    colours = {trace.line.color for trace in gains}
    assert colours == {theme.colour("plain", 8), theme.colour("resnet", 8)}
    assert figures["gains"].layout.shapes[0].y0 == 1
    assert list(figures["gradient"].data[0].y) == [2, 2]
    assert len(figures["cosine"].data) == 1
    assert [list(trace.x) for trace in figures["descent"].data if trace.fill is None] == [[1]]


def test_nothing_is_drawn_of_nothing(say: Speaker) -> None:
    assert draw({}, Settings(), say, True) == {}
