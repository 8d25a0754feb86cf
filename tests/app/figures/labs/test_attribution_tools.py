"""The attribution tools' figures, from the results on record and from what is not whole yet."""

from __future__ import annotations

import json
import string

import pandas as pd
import plotly.io as pio
import pytest

from app.language import texts
from app.language.texts import Speaker, catalogue
from app.server import lab_answers
from app.widgets.show_code import source_of
from resnet_core.labs import catalog
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest

TOOLS = ("attribution", "masks", "randomised", "activations")
FIGURES = {
    "attribution": ["inside"],
    "masks": ["inside", "pointing"],
    "randomised": ["correlations"],
    "activations": ["sizes"],
}


@pytest.mark.parametrize("name", TOOLS)
def test_the_result_on_record_is_drawn(name: str, say: Speaker, home: object) -> None:
    found = results.recorded(name)
    assert found is not None
    assert found.request == LabRequest.create(name)
    figures = lab_answers.drawer(name)(found.tables, found.request.settings, say, False)
    assert list(figures) == FIGURES[name]
    for figure in figures.values():
        json.loads(pio.to_json(figure, validate=True))
        assert {trace.name for trace in figure.data}
    for language in texts.LANGUAGES:
        for key in figures:
            assert texts.say(language, f"labs.{name}.figure.{key}")


@pytest.mark.parametrize("name", TOOLS)
def test_what_is_not_there_yet_is_not_drawn(name: str, say: Speaker) -> None:
    settings = catalog.question(name).settings()
    assert lab_answers.drawer(name)({}, settings, say, True) == {}
    tables = {
        table: pd.DataFrame(columns=columns)
        for table, columns in catalog.question(name).tables.items()
    }
    assert lab_answers.drawer(name)(tables, settings, say, True) == {}


@pytest.mark.parametrize("name", TOOLS)
def test_every_finding_is_said_in_both_languages_with_the_same_numbers(name: str) -> None:
    for key, sentence in catalog.question(name).findings.items():
        entry = catalogue()[f"labs.{name}.finding.{key}"]
        assert entry["en"] == sentence, key
        assert _fields(entry["ko"]) == _fields(sentence), key


@pytest.mark.parametrize("name", TOOLS)
def test_the_code_that_is_shown_exists(name: str) -> None:
    for path, definition in catalog.question(name).code:
        assert source_of(path, definition).code


def test_bars_are_the_scores_and_chance_a_line(say: Speaker, home: object) -> None:
    found = results.recorded("masks")
    assert found is not None
    figure = lab_answers.drawer("masks")(found.tables, found.request.settings, say, False)["inside"]
    plain = found.tables["scores"].query("family == 'plain'")
    assert list(figure.data[0].y) == pytest.approx(list(plain["inside"]), rel=1e-3)
    assert figure.data[0].error_y.array is not None
    assert figure.data[-1].line.dash == "dash"
    area = float(plain["area"].iloc[0])
    assert list(figure.data[-1].y) == pytest.approx([area] * len(plain), abs=0.01)
    assert figure.layout.yaxis.range == (0, 100)


def _fields(text: str) -> set[tuple[str, str]]:
    return {(name, form or "") for _, name, form, _ in string.Formatter().parse(text) if name}
