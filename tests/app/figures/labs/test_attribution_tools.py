"""The attribution tools' figures, from the results on record and from what is not whole yet."""

from __future__ import annotations

import json

import pandas as pd
import plotly.io as pio
import pytest

from app.language import texts
from app.language.texts import Speaker
from app.server import lab_answers
from resnet_core.labs import catalog
from resnet_core.labs.results import results

TOOLS = ("attribution", "masks", "randomised", "activations")
FIGURES = {
    "attribution": ["inside"],
    "masks": ["inside", "pointing"],
    "randomised": ["correlations"],
    "activations": ["sizes"],
}


@pytest.mark.parametrize("name", TOOLS)
def test_the_result_on_record_is_drawn(name: str, say: Speaker, home: object) -> None:
    # Photographs have no masks, inside which an attribution could lie.
    result = results.beside(name) if name == "attribution" else results.recorded(name)
    assert result is not None
    figures = lab_answers.draw(name, result.tables, result.request.settings, say, False)
    assert list(figures) == FIGURES[name]
    for figure in figures.values():
        json.loads(pio.to_json(figure, validate=True))
        assert {trace.name for trace in figure.data}
    for language in texts.LANGUAGES:
        for key in figures:
            assert texts.say(language, f"labs.{name}.figure.{key}")


def test_photographs_have_no_masks_to_score_against(say: Speaker, home: object) -> None:
    result = results.recorded("attribution")
    assert result is not None
    settings = result.request.settings
    assert lab_answers.draw("attribution", result.tables, settings, say, False) == {}


@pytest.mark.parametrize("name", TOOLS)
def test_what_is_not_there_yet_is_not_drawn(name: str, say: Speaker) -> None:
    settings = catalog.question(name).settings()
    assert lab_answers.draw(name, {}, settings, say, True) == {}
    tables = {
        table: pd.DataFrame(columns=columns)
        for table, columns in catalog.question(name).tables.items()
    }
    assert lab_answers.draw(name, tables, settings, say, True) == {}


def test_bars_are_the_scores_and_chance_a_line(say: Speaker, home: object) -> None:
    result = results.recorded("masks")
    assert result is not None
    figure = lab_answers.draw("masks", result.tables, result.request.settings, say, False)["inside"]
    plain = result.tables["scores"].query("family == 'plain'")
    assert list(figure.data[0].y) == pytest.approx(list(plain["inside"]), rel=1e-3)
    assert figure.data[0].error_y.array is not None
    assert figure.data[-1].line.dash == "dash"
    area = float(plain["area"].iloc[0])
    assert list(figure.data[-1].y) == pytest.approx([area] * len(plain), abs=0.01)
    assert figure.layout.yaxis.range == (0, 100)
