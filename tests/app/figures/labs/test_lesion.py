"""The bars are the errors; blocks that halve the map are hatched."""

from __future__ import annotations

from functools import partial

import pandas as pd

from app import theme
from app.language.texts import Speaker
from app.server import lab_answers
from resnet_core.labs.lesion.question import QUESTION, Settings

draw = partial(lab_answers.draw, "lesion")

_RUN = {"run": "r", "label": "ResNet-20", "family": "resnet", "depth": 20, "whole": 5.0}


def test_figures_follow_their_tables(say: Speaker) -> None:
    tables = {
        "chosen": pd.DataFrame([{**_RUN, "blocks": "layer1.1", "error": 40.0}]),
        "removals": pd.DataFrame(
            [
                {**_RUN, "block": "layer1.1", "place": 1, "changes_size": False, "error": 12.0},
                {**_RUN, "block": "layer2.0", "place": 2, "changes_size": True, "error": 60.0},
            ]
        ),
        "swaps": pd.DataFrame(
            [{**_RUN, "blocks": "layer1.0 ↔ layer1.1", "place": 1, "error": 9.0}]
        ),
    }
    assert set(tables) == set(QUESTION.tables)
    figures = draw(tables, Settings(), say, False)
    assert list(figures) == ["chosen", "removals", "swaps"]
    (bars,) = figures["removals"].data
    assert list(bars.x) == ["1.1", "2.0"]
    assert list(bars.y) == [12, 60]
    assert bars.marker.pattern.shape == ("", "/")
    assert bars.marker.pattern.fillmode == "overlay"  # else hatched bars have no colour
    assert bars.marker.color == theme.colour("resnet", 20)
    assert figures["removals"].layout.yaxis.range[0] == 0
    assert figures["removals"].layout.shapes[0].y0 == 5
    assert list(figures["chosen"].data[0].y) == [5, 40]
    assert figures["swaps"].data[0].x == ("1.0 ↔ 1.1",)


def test_what_is_not_there_yet_is_not_drawn(say: Speaker) -> None:
    assert draw({}, Settings(), say, True) == {}
    assert draw({"removals": pd.DataFrame()}, Settings(), say, True) == {}
