"""The grid's maps hold the cells' numbers, in their places."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import pandas as pd
import pytest

from app.language.texts import speaker
from app.server import lab_answers
from resnet_core.labs.sweep.question import QUESTION, Settings

draw = partial(lab_answers.draw, "sweep")

SETTINGS = Settings(activations=("relu", "sigmoid"), initializations=("he", "xavier"))
KINDS = list(product(SETTINGS.activations, (True, False), SETTINGS.initializations))


def _named(kind: tuple[str, bool, str]) -> dict[str, Any]:
    return dict(zip(("activation", "batch_norm", "initialization"), kind, strict=True))


CELLS = pd.DataFrame(
    [
        {**_named(kind), "family": "plain", "depth": 20, "error": 10.0 * number, "shallow": 5.0}
        | {"first": 1e-5, "last": 0.1, "ratio": 1e-4, "outcome": "degraded"}
        for number, kind in enumerate(KINDS)
    ]
)
CURVES = pd.DataFrame(
    [
        {**_named(kind), "depth": depth, "iteration": iteration, "error": 90.0 - iteration}
        | {"first": 0.1, "last": 0.1}
        for kind in KINDS
        for depth in (8, 20)
        for iteration in (0, 10, 20)
    ]
)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_maps_have_every_cell_in_its_place(language: str) -> None:
    tables = {"cells": CELLS, "curves": CURVES}
    figures = draw(tables, SETTINGS, speaker(language), True)  # type: ignore[arg-type]
    assert list(figures) == ["error", "excess", "ratio", "curves"]
    z = figures["error"].data[0].z
    # Rows are activations; columns he and xavier with BN, then without.
    assert [list(row) for row in z] == [[0.0, 10.0, 20.0, 30.0], [40.0, 50.0, 60.0, 70.0]]
    assert figures["excess"].data[0].z[1][0] == 35.0
    assert figures["ratio"].data[0].z[0][0] == -4.0
    assert len(figures["curves"].data) == 2 * len(KINDS)
    opened = [key for row in figures["error"].data[0].customdata for key in row]
    assert figures["error"].data[0].meta["opens"] == "curves"
    assert sorted([*opened, *opened]) == sorted(t.meta["cell"] for t in figures["curves"].data)
    assert all(figure.to_json() for figure in figures.values())


def test_what_is_there_so_far_is_drawn() -> None:
    say = speaker("en")
    empty = {name: pd.DataFrame(columns=columns) for name, columns in QUESTION.tables.items()}
    assert draw({}, SETTINGS, say, False) == draw(empty, SETTINGS, say, False) == {}
    assert list(draw({"curves": CURVES[:2]}, SETTINGS, say, False)) == ["curves"]
    diverged = CELLS[:1].assign(error=None, ratio=None, outcome="diverged")
    figures = draw({"cells": diverged}, SETTINGS, say, False)
    assert figures["error"].data[0].z[0][0] is None
    nought = draw({"cells": CELLS[:1].assign(ratio=0.0)}, SETTINGS, say, False)
    assert nought["ratio"].data[0].z[0][0] == -12.0
