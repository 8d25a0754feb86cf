"""One catalogue, whole in both languages, and complete for the code that speaks from it."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from app.language import texts

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [path for folder in ("app", "pages") for path in (ROOT / folder).rglob("*.py")]
# A key is the first argument of t(...) or say(...), of the latter also after a language.
_LITERAL = re.compile(r"\b(?:t|say)\(\s*(?:language,\s*)?\"([a-z0-9_.]+)\"")
_PATTERN = re.compile(r"\b(?:t|say)\(\s*f\"([^\"]+)\"")


@pytest.mark.parametrize("key", sorted(texts.catalogue()))
def test_an_entry_has_both_languages_with_the_same_placeholders(key: str) -> None:
    entry = texts.catalogue()[key]
    assert set(entry) == set(texts.LANGUAGES)
    assert all(text.strip() for text in entry.values())
    english, korean = (_placeholders(entry[language]) for language in ("en", "ko"))
    # A refusal may quote a reason that exists in English only; Korean then leaves it out.
    assert korean <= english if key.startswith("errors.") else korean == english


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_key_that_code_names_is_in_the_catalogue(path: Path) -> None:
    source = _source(path)
    unknown = [key for key in _LITERAL.findall(source) if key not in texts.catalogue()]
    for pattern in _PATTERN.findall(source):
        # "charts.axis.{view.x}" must fit at least one key.
        expression = re.sub(r"\\\{[^}]*\\\}", "[A-Za-z0-9_.-]+", re.escape(pattern))
        if not any(re.fullmatch(expression, key) for key in texts.catalogue()):
            unknown.append(pattern)
    assert not unknown


def test_korean_is_written_in_hangul_and_english_is_not() -> None:
    hangul = re.compile("[\uac00-\ud7a3]")
    for key, entry in texts.catalogue().items():
        if key.startswith("common.") or len(entry["en"]) > 12:
            assert not hangul.search(entry["en"]), key
        if len(re.sub(r"\{[^}]*\}", "", entry["en"])) > 25:
            assert hangul.search(entry["ko"]), key


def test_placeholders_are_filled_and_an_unknown_key_is_refused() -> None:
    assert texts.say("en", "common.seconds", n=5) == "5 s"
    assert texts.speaker("ko")("common.seconds", n=5) == "5초"
    with pytest.raises(KeyError):
        texts.say("en", "no.such.entry")


def test_a_key_in_two_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text('[x.y]\nen = "1"\nko = "2"\n', encoding="utf-8")
    monkeypatch.setattr("resnet_core.system.texts.CATALOGUE", tmp_path)
    texts.catalogue.cache_clear()
    try:
        with pytest.raises(ValueError, match=r"b\.toml repeats the entry x\.y"):
            texts.catalogue()
    finally:
        monkeypatch.undo()
        texts.catalogue.cache_clear()


def test_no_entry_is_left_that_nothing_says() -> None:
    said = "\n".join(map(_source, SOURCES))
    patterns = [
        re.sub(r"\\\{[^}]*\\\}", "[A-Za-z0-9_.-]+", re.escape(pattern))
        for pattern in re.findall(r"f\"([a-z_]+\.[^\"\s]+)\"", said)
    ]
    # Errors are found by their English sentence, see app/language/errors.py.
    unsaid = [
        key
        for key in texts.catalogue()
        if not key.startswith("errors.")
        and f'"{key}"' not in said
        and not any(re.fullmatch(p, key) for p in patterns)
    ]
    assert not unsaid


def _source(path: Path) -> str:
    """Code with one kind of quotation mark: within f-strings keys have the other."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\[(['\"])\w+\1\]", "[key]", text)  # f"...{row['name']}"
    return text.replace("'", '"')
