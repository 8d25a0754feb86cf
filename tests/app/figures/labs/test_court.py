"""The trial's figures hold the evidence, whole and half-filled."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import pytest

from app.language.texts import speaker
from app.server import lab_answers
from resnet_core.labs.court.question import QUESTION, Settings

draw = partial(lab_answers.draw, "court")

ROLES = ("shallow", "deep", "shallow_3x", "deep_3x", "vanishing", "dirac", "dirac_leaky")


def _named(role: str) -> dict[str, Any]:
    depth = 8 if role.startswith("shallow") else 32
    live = {"source": "live", "role": role, "label": f"plain-{depth}", "seed": 0}
    return {**live, "family": "plain", "depth": depth}


TRAINED = {"source": "run", "role": "deep", "label": "plain-56 · seed 0", "family": "plain"} | {
    "depth": 56,
    "seed": 0,
}
GRAFT = {**TRAINED, "role": "graft", "label": "plain-20 · seed 0"}
CURVES = pd.DataFrame(
    [
        {"role": role, "seed": seed, "depth": _named(role)["depth"], "iteration": iteration}
        | {"error": 90.0 - iteration + seed, "first": 0.1, "last": 0.2}
        for role in ROLES
        for seed in (0, 2)
        for iteration in (0, 10, 20)
    ]
)
GRADIENTS = pd.DataFrame(
    [
        {**named, **kind, "layer": layer, "place": (layer - 1) / 2}
        | {"norm": 0.0 if layer == 1 else 0.1, "least": 0.0, "most": 0.2}
        for named, kind in (
            *((_named(role), {"kind": "weights", "moment": "median"}) for role in ROLES),
            (TRAINED, {"kind": "signals", "moment": "start"}),
        )
        for layer in (1, 2, 3)
    ]
)
ERRORS = pd.DataFrame(
    [
        {**named, "iterations": 20, "train": 10.0 + place, "test": 20.0 + place}
        for place, named in enumerate((TRAINED, GRAFT, *map(_named, ROLES)))
    ]
)
TABLES = {"curves": CURVES, "gradients": GRADIENTS, "errors": ERRORS}


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("dark", [False, True])
def test_all_three_figures_are_drawn(language: str, dark: bool) -> None:
    figures = draw(TABLES, Settings(), speaker(language), dark)  # type: ignore[arg-type]
    assert list(figures) == ["curves", "gradients", "errors"]
    assert all(figure.to_json() for figure in figures.values())


def test_the_numbers_are_the_tables() -> None:
    figures = draw(TABLES, Settings(), speaker("en"), False)
    assert [list(trace.y) for trace in figures["curves"].data] == [[91.0, 81.0, 71.0]] * len(ROLES)
    lines = figures["gradients"].data
    assert len(lines) == len(ROLES) - 2 + 1  # not the long ones, but the trained one
    assert lines[-1].line.dash == "dot"
    assert all(min(trace.y) > 0 for trace in lines)  # the axis is logarithmic
    assert all(trace.y[-1] == 1 for trace in lines)  # over the last layer's
    train, test = figures["errors"].data
    assert list(train.x)[:2] == [10.0, 11.0]
    assert list(test.x)[:2] == [20.0, 21.0]
    assert list(train.y) == list(range(len(ROLES) + 1))
    assert "copied to 56 layers" in figures["errors"].layout.yaxis.ticktext[1]
    assert not [name for name in figures["errors"].layout.yaxis.ticktext if "sigmoid" in name]


def test_what_is_there_so_far_is_drawn() -> None:
    say = speaker("en")
    empty = {name: pd.DataFrame(columns=columns) for name, columns in QUESTION.tables.items()}
    assert draw({}, Settings(), say, False) == draw(empty, Settings(), say, False) == {}
    assert list(draw({"curves": CURVES[:1]}, Settings(), say, False)) == ["curves"]
    diverged = ERRORS[:1].assign(train=None, test=None)
    assert draw({"errors": diverged}, Settings(), say, False)["errors"].data[0].x[0] is None
