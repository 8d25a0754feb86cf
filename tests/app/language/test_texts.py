"""One catalogue, whole in both languages, in which code names every entry and no other."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import app.widgets.runs.details  # noqa: F401  its errors are among the classes below
from app.language import texts
from app.language.texts import escaped, fault
from resnet_core.errors import InvalidSetting, InvalidValue, PlaygroundError
from resnet_core.weights import evaluation  # noqa: F401

ROOT = Path(__file__).resolve().parents[3]
HANGUL = re.compile("[\uac00-\ud7a3]")
# Functions whose first text argument is a key, and those of them that take a language before it.
SPEAKERS = {"t", "say", "speak", "text", "Message"}
# The first part of the keys of a laboratory's texts, and of the attribution tools', a pattern.
ANY_LABORATORY = r"(?:labs\.[a-z_]+|attribution)\."


def test_every_entry_has_both_languages_with_the_same_placeholders() -> None:
    offenders = {}
    for key, entry in texts.catalogue().items():
        if set(entry) != set(texts.LANGUAGES) or not all(words.strip() for words in entry.values()):
            offenders[key] = "not in both languages"
        elif _placeholders(entry["en"]) != _placeholders(entry["ko"]):
            offenders[key] = "other placeholders"
    assert not offenders


def test_korean_is_written_in_hangul_and_english_is_not() -> None:
    offenders = [
        key
        for key, entry in texts.catalogue().items()
        if ((key.startswith("common.") or len(entry["en"]) > 12) and HANGUL.search(entry["en"]))
        or (len(re.sub(r"\{[^}]*\}", "", entry["en"])) > 25 and not HANGUL.search(entry["ko"]))
    ]
    assert not offenders


def test_every_key_that_code_names_is_in_the_catalogue() -> None:
    offenders = [
        f"{path}:{call.lineno} {key}"
        for path, call in _calls()
        for key in _keys(call)
        if not _matching(key)
    ]
    assert not offenders


def test_every_choice_has_a_label() -> None:
    choices = [
        _words(node)
        for _, node in _nodes()
        if isinstance(node, ast.Call) and _name(node) == "choice"
    ]
    assert choices
    assert not [words for words in choices if f"{words}.label" not in texts.catalogue()]


def test_every_placeholder_of_an_error_is_given_its_value() -> None:
    offenders = []
    for path, call in _calls():
        names = {keyword.arg for keyword in call.keywords}
        if _name(call) not in {*_error_classes(), "Message"} or None in names:
            continue
        names -= {"trials"}  # what OpenQuestions carries beside its sentence
        for key in _keys(call):
            entry = texts.catalogue().get(key)
            if entry is None:
                continue  # a pattern, or missing: another test's
            if names != _placeholders(entry["en"]) | _placeholders(entry["ko"]):
                offenders.append(f"{path}:{call.lineno} {key} {sorted(filter(None, names))}")
    assert not offenders


def test_no_entry_is_left_that_nothing_says() -> None:
    names = set()
    patterns = set()
    for _, node in _nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= {node.value, f"errors.{node.value}"}
        elif isinstance(node, ast.JoinedStr) and "." in (pattern := _pattern(node)):
            patterns |= {pattern, rf"errors\.{pattern}"}
        elif isinstance(node, ast.Call) and _name(node) == "choice":
            patterns.add(rf"{re.escape(_words(node))}\.\w+")
    said = re.compile(
        "|".join(pattern for pattern in patterns if re.match(r"[a-z_]+\\\.", pattern))
    )
    unsaid = [key for key in texts.catalogue() if key not in names and not said.fullmatch(key)]
    assert not unsaid


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


def test_text_is_shown_as_it_is_written() -> None:
    assert escaped("my run 1, 50 %") == "my run 1, 50 %"
    assert escaped("**a** [b](c)") == r"\*\*a\*\* \[b\]\(c\)"
    assert escaped("<b> :red[$x$] `d`") == r"\<b\> \:red\[\$x\$\] \`d\`"
    assert fault("a]") == r":small[:red[:material/error: a\]]]"


def _placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


@cache
def _nodes() -> list[tuple[str, ast.AST]]:
    return [
        (str(path.relative_to(ROOT)), node)
        for folder in ("resnet_core", "app", "pages")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]


def _calls() -> Iterator[tuple[str, ast.Call]]:
    """All calls that take a key."""
    names = {*SPEAKERS, *_error_classes()}
    for path, node in _nodes():
        if isinstance(node, ast.Call) and _name(node) in names:
            yield path, node


@cache
def _error_classes() -> frozenset[str]:
    classes: list[type[Exception]] = [PlaygroundError, InvalidValue]
    for one in classes:
        classes += one.__subclasses__()
    return frozenset(one.__name__ for one in classes)


def _takes_a_field() -> set[str]:
    return {"InvalidSetting", *(one.__name__ for one in InvalidSetting.__subclasses__())}


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _words(call: ast.Call) -> str:
    """The first part of a choice's keys; see `Page.choice`."""
    words = call.args[1]
    assert isinstance(words, ast.Constant)
    return str(words.value)


def _keys(call: ast.Call) -> Iterator[str]:
    """The keys, or patterns of keys, of a call; none where a variable holds the key."""
    is_error = _name(call) in _error_classes()
    prefix = "errors." if is_error else ""
    if _is_of_a_laboratory(call):
        prefix = ANY_LABORATORY
    arguments = call.args[1:] if _name(call) in _takes_a_field() else call.args
    for argument in arguments[: 1 if is_error else 2]:
        parts = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                if prefix == ANY_LABORATORY and part.value not in texts.LANGUAGES:
                    yield prefix + re.escape(part.value)
                elif is_error or re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", part.value):
                    yield prefix + part.value
            elif isinstance(part, ast.JoinedStr):
                before = prefix if prefix == ANY_LABORATORY else re.escape(prefix)
                yield before + _pattern(part)


def _is_of_a_laboratory(call: ast.Call) -> bool:
    """Return whether the key is a figure's: `canvas.text` adds the laboratory's name."""
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "text"
        and getattr(function.value, "id", "") in {"canvas", "self"}
    )


def _pattern(joined: ast.JoinedStr) -> str:
    """A regular expression for what an f-string can become: "charts.axis.{view.x}"."""
    return "".join(
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[A-Za-z0-9_.-]+"
        for part in joined.values
    )


def _matching(key: str) -> bool:
    if key in texts.catalogue():
        return True
    if "\\" not in key:
        return False
    expression = re.compile(key)
    return any(expression.fullmatch(entry) for entry in texts.catalogue())


def test_short_findings_and_questions_of_laboratories_are_short() -> None:
    offenders = {}
    for key, entry in texts.catalogue().items():
        if not re.match(r"labs\.\w+\.(short|ask)\.", key):
            continue
        sentences = re.split(r"(?<=[.?])\s", entry["en"])
        if len(sentences) > 2 or any(len(one.split()) >= 20 for one in sentences):
            offenders[key] = "too long"
        numbers = [len(re.findall(r"\{(?!label|family|block)", one)) for one in sentences]
        if max(numbers) > 1:
            offenders[key] = "several numbers in a sentence"
    assert not offenders
