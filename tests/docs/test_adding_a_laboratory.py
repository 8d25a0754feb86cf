"""The document on adding a laboratory, followed once: its files make a laboratory that works."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import app.figures.labs
import resnet_core.labs
from app.language import texts as page_texts
from app.server import lab_answers
from app.widgets.laboratory.state import how_to_show, state_type
from docs import laboratories
from resnet_core.labs import catalog
from resnet_core.labs.results.request import LabRequest
from resnet_core.labs.tools import trained_network
from resnet_core.system import texts
from tests.resnet_core.labs.small_networks import run as rows_of

DOCUMENT = laboratories.DOCUMENT.with_name("adding-a-laboratory.md")
NAME = "weights"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> dict[str, str]:
    """The document's files by their paths, installed beside the real ones."""
    content = DOCUMENT.read_text(encoding="utf-8")
    found = dict(re.findall(r"^## [^\n]*: `(\S+)`.*?^```\w+\n(.*?)^```", content, re.M | re.S))
    for path, text in found.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    for package in (resnet_core.labs, app.figures.labs):
        folder = tmp_path / package.__name__.replace(".", "/")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    monkeypatch.setattr(catalog, "NAMES", (*catalog.NAMES, NAME))
    entries = texts.catalogue()
    added = dict(_entries("", tomllib.loads(found[f"assets/texts/lab_{NAME}.toml"])))
    assert not set(added) & set(entries)
    for key, entry in added.items():
        monkeypatch.setitem(entries, key, entry)  # type: ignore[call-overload]
    yield found
    for module in [name for name in sys.modules if f"labs.{NAME}" in name]:
        del sys.modules[module]


def _entries(prefix: str, table: dict[str, object]) -> list[tuple[str, object]]:
    if "en" in table:
        return [(prefix.removeprefix("."), table)]
    return [
        leaf
        for name, part in table.items()
        for leaf in _entries(f"{prefix}.{name}", part)  # type: ignore[arg-type]
    ]


def test_it_names_every_file(files: dict[str, str]) -> None:
    folder = f"resnet_core/labs/{NAME}"
    assert list(files) == [
        *(f"{folder}/{part}.py" for part in ("question", "run", "verdicts")),
        f"assets/texts/lab_{NAME}.toml",
        f"app/figures/labs/{NAME}.py",
        f"pages/labs/{NAME}.py",
    ]


def test_its_laboratory_measures_concludes_and_is_drawn(files: dict[str, str]) -> None:
    question = catalog.question(NAME)
    request = LabRequest.create(NAME, norm="l1")
    assert request.id.startswith(f"{NAME}-")
    networks = trained_network.load_all(request.runs)
    tables, verdicts = rows_of(question, catalog.experiment(NAME)(request.settings, networks))
    assert len(tables["layers"]) == 2 * 19
    assert all(question.sentence(verdict, "ko") for verdict in verdicts)
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    for tables_so_far in ({}, frames):
        for language in texts.LANGUAGES:
            say = page_texts.speaker(language)
            figures = lab_answers.draw(NAME, tables_so_far, request.settings, say, False)
            assert list(figures) == list(tables_so_far)
            assert all(say(f"labs.{NAME}.figure.{key}") for key in figures)


def test_its_page_has_a_state_and_controls(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.widgets.laboratory.state.language", lambda: "en")
    question = catalog.question(NAME)
    assert state_type(question)().to_query() == {}
    assert how_to_show(question, "norm")["help"] == "The norm that is measured."
    for key in ("title", "nav", "lead", "paper"):
        assert question.text("ko", key)
    compile(files[f"pages/labs/{NAME}.py"], "page", "exec")
