"""What every laboratory owes its page: texts in both languages, figures of whatever is there."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from app.language import texts
from app.language.texts import catalogue
from app.page_state.controls import choices
from app.router import laboratories
from app.server import lab_answers
from app.widgets.show_code import source_of
from resnet_core.labs import catalog
from resnet_core.labs.results import results
from resnet_core.labs.results.request import of_recording

pytestmark = pytest.mark.parametrize("name", catalog.NAMES)


def test_it_has_a_page(name: str) -> None:
    assert name in laboratories()


def test_the_values_of_a_setting_read_unlike(name: str) -> None:
    """Streamlit knows a choice by what it reads."""
    for field, info in catalog.question(name).settings.model_fields.items():
        words = [value for value in choices(info) if isinstance(value, str)]
        for language in texts.LANGUAGES:
            labels = [catalogue()[f"labs.{name}.option.{field}.{word}"][language] for word in words]
            assert len(set(labels)) == len(labels), (field, labels)


def test_the_code_that_is_shown_is_there(name: str) -> None:
    code = catalog.question(name).code
    assert code
    for path, definition in code:
        assert source_of(path, definition).code


@pytest.mark.parametrize("columns", [False, True], ids=["no tables", "no rows"])
def test_it_draws_where_nothing_is_measured_yet(name: str, columns: bool) -> None:
    question = catalog.question(name)
    tables = {
        table: pd.DataFrame([], columns=list(names)) for table, names in question.tables.items()
    }
    for dark in (False, True):
        _draw(name, tables if columns else {}, question.settings(), dark)


def test_it_draws_whatever_part_of_the_recorded_result_is_there(name: str, tmp_path: Path) -> None:
    folder = of_recording(name)
    if not folder.events.is_file():
        pytest.skip(f"no result of {name} is recorded")
    lines = lzma.decompress(folder.events.read_bytes()).splitlines(keepends=True)
    settings = folder.read_request().settings
    for count in sorted({1, 2, 3, 5, len(lines) // 4, len(lines) // 2, len(lines) - 1}):
        part = tmp_path / f"{count}.jsonl"
        part.write_bytes(b"".join(lines[:count]))
        _draw(name, _tables(name, part), settings, dark=count % 2 == 0)
    assert _draw(name, _tables(name, folder.events), settings, dark=False)


def _draw(
    name: str, tables: Mapping[str, pd.DataFrame], settings: object, dark: bool
) -> dict[str, go.Figure]:
    """The figures, each of which has a heading and can be sent."""
    figures = {}
    for language in texts.LANGUAGES:
        figures = lab_answers.draw(name, tables, settings, texts.speaker(language), dark)
        for key, figure in figures.items():
            assert f"labs.{name}.figure.{key}" in catalogue()
            json.loads(pio.to_json(figure, validate=True))
    return figures


def _tables(name: str, events: Path) -> dict[str, pd.DataFrame]:
    columns = catalog.question(name).tables
    return {
        table: pd.DataFrame(rows, columns=columns[table])
        for table, rows in results.read_events(events).rows.items()
    }
