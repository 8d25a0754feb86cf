"""Stream, sum and branches of the trained network; the stream's growth in every variant."""

from __future__ import annotations

from functools import partial

import pandas as pd

from app import theme
from app.language.texts import Speaker
from app.server import lab_answers
from resnet_core.labs.forward.question import QUESTION, Settings

draw = partial(lab_answers.draw, "forward")

_RUN = {"run": "r", "label": "ResNet-8", "family": "resnet", "depth": 8}


def _rows(state: str, batch_norm: bool, total: float | None) -> list[dict[str, object]]:
    who = {**_RUN, "state": state, "batch_norm": batch_norm}
    first = {"place": 0, "block": "", "changes_size": False, "stream": 3.0, "branch": None}
    then = {"place": 1, "block": "layer1.0", "changes_size": False, "stream": 5.0, "branch": 4.0}
    return [
        {**who, **first, "total": total and 3.0, "difference": total and 0.0},
        {**who, **then, "total": total, "difference": total and 0.2},
    ]


def test_the_figures_are_the_ledger(say: Speaker) -> None:
    rows = [*_rows("trained", True, 6.0), *_rows("initial", True, 6.0)]
    table = pd.DataFrame([*rows, *_rows("initial", False, 6.0)])
    assert set(table) == set(QUESTION.tables["ledger"])
    figures = draw({"ledger": table}, Settings(), say, False)
    assert list(figures) == ["ledger", "difference", "growth"]
    stream, total, branch = figures["ledger"].data
    assert (list(stream.y), list(total.y), list(branch.y)) == ([3, 5], [3, 6], [None, 4])
    assert stream.line.color == theme.colour("resnet", 8)
    assert total.line.dash == "dot"  # dashes are the paper's
    assert list(figures["difference"].data[0].y) == [0.2]  # no logarithm of 0
    assert [trace.line.width for trace in figures["growth"].data] == [3, 1.4, 1.4]


def test_a_plain_network_has_no_sum(say: Speaker) -> None:
    figures = draw({"ledger": pd.DataFrame(_rows("trained", True, None))}, Settings(), say, True)
    assert len(figures["ledger"].data) == 2
    assert list(figures["difference"].data[0].y) == []


def test_nothing_is_drawn_of_nothing(say: Speaker) -> None:
    assert draw({}, Settings(), say, True) == {}
