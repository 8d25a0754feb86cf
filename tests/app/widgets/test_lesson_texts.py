"""The lesson's modules and the catalogue name the same words."""

from __future__ import annotations

import re
from pathlib import Path

from app.language.texts import LANGUAGES
from app.page_data.lesson.document import document

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted((ROOT / "app" / "widgets" / "lesson").glob("*.mjs"))
# words.lead, and the two places of the five questions: words[place]
_NAMED = re.compile(r"\bwords\.(\w+)")
_PLACES = {"start", "end"}
# Filled in by the server, in `document.py`.
_PROVENANCE = {"recorded", "computed", "arithmetic", "paper"}


def _named() -> set[str]:
    source = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    return set(_NAMED.findall(source)) - {"querySelector", "replaceChildren"} | _PLACES


def test_every_word_that_modules_name_is_there_in_both_languages() -> None:
    for language in LANGUAGES:
        assert _named() <= set(document(language)["words"])


def test_no_word_is_left_that_nothing_names() -> None:
    assert set(document("en")["words"]) == _named() | _PROVENANCE
