"""The glossary's page: all terms, the one that the URL names, and an unknown one."""

from __future__ import annotations

import pytest

from app.language import glossary
from app.language.texts import LANGUAGES, Language, say
from tests.opened_page import opened


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_has_its_sentence(language: Language) -> None:
    said = " ".join(part.value for part in opened("glossary", lang=language).markdown)
    missing = [
        term for term in glossary.terms() if say(language, f"glossary.term.{term}.text") not in said
    ]
    assert not missing
