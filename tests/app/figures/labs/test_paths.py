"""Shares, gradients and counts of paths, as in the table."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from app import theme
from app.language.texts import Speaker
from app.server import lab_answers
from resnet_core.labs.paths.question import QUESTION, Settings

draw = partial(lab_answers.draw, "paths")

_RUN = {"run": "r", "label": "ResNet-8", "family": "resnet", "depth": 8, "blocks": 3}


def test_the_curves_are_the_tables(say: Speaker) -> None:
    rows = [
        {**_RUN, "length": k, "paths": n, "sampled": n, "gradient": g, "uncertainty": u}
        | {"carried": n * g}
        for k, (n, g, u) in enumerate([(1, 1.0, 0), (3, 0.5, 0.1), (3, 0.25, 0.3), (1, 0.1, 0)])
    ]
    table = pd.DataFrame(rows)
    assert set(table) == set(QUESTION.tables["lengths"])
    figures = draw({"lengths": table}, Settings(), say, False)
    assert list(figures) == ["carried", "gradient", "paths"]
    (carried,) = figures["carried"].data
    assert sum(carried.y) == pytest.approx(100, abs=0.1)
    assert carried.line.color == theme.colour("resnet", 8)
    band, line = figures["gradient"].data
    assert list(line.y) == [1, 0.5, 0.25, 0.1]
    assert min(band.y) > 0  # the axis is logarithmic
    assert list(figures["paths"].data[0].y) == [1, 3, 3, 1]


def test_nothing_is_drawn_of_nothing(say: Speaker) -> None:
    assert draw({}, Settings(), say, True) == {}
