"""Sentences for people, in English and Korean, from one catalogue.

The catalogue is `assets/texts/*.toml`, one file an area. An entry is

    [home.title]
    en = "The puzzle"
    ko = "수수께끼"

and `text("ko", "home.title")` is its Korean text, with `{placeholders}` filled. A `Message` is
a key with its values, which can be stored, sent to another process and read in either language.
"""

from __future__ import annotations

import errno
import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
CATALOGUE = Path(__file__).resolve().parents[2] / "assets" / "texts"

# The entry for a sentence that was stored as it was read, before sentences had keys.
STORED = "errors.stored"

_SYSTEM_ERRORS = {
    errno.ENOSPC: "errors.system.no_space",
    errno.EDQUOT: "errors.system.no_space",
    errno.EACCES: "errors.system.no_permission",
    errno.EPERM: "errors.system.no_permission",
    errno.EROFS: "errors.system.read_only",
    errno.ENOENT: "errors.system.missing",
    errno.ENOTDIR: "errors.system.not_a_folder",
    errno.EISDIR: "errors.system.a_folder",
    errno.ENAMETOOLONG: "errors.system.name_too_long",
    errno.EMFILE: "errors.system.too_many_files",
    errno.ENFILE: "errors.system.too_many_files",
    errno.ENOMEM: "errors.system.no_memory",
    errno.EIO: "errors.system.device",
}
_LONGEST_REASON = 200


def text(language: Language, key: str, /, **values: object) -> str:
    """Return an entry's text with its placeholders filled.

    Raises:
        KeyError: the catalogue has no such entry, or a placeholder has no value.
    """
    return catalogue()[key][language].format(**values)


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Mapping[Language, str]]:
    """Return all entries by their dotted key.

    Raises:
        ValueError: an entry is in two files.
    """
    entries: dict[str, Mapping[Language, str]] = {}
    for path in sorted(CATALOGUE.glob("*.toml")):
        for key, entry in _entries("", tomllib.loads(path.read_text(encoding="utf-8"))):
            if key in entries:
                raise ValueError(f"{path.name} repeats the entry {key} of another file")
            entries[key] = entry
    return entries


def _entries(prefix: str, table: Mapping[str, Any]) -> list[tuple[str, Mapping[Language, str]]]:
    """Return the leaves of nested tables: those that hold the languages' texts."""
    if all(isinstance(value, str) for value in table.values()):
        return [(prefix, table)]  # type: ignore[list-item]
    return [
        leaf
        for name, part in table.items()
        for leaf in _entries(f"{prefix}.{name}" if prefix else name, part)
    ]


class Message:
    """A text of the catalogue with its values, in no language yet.

    A value is a number, a string, another message, or a list of these. An exception becomes a
    message: one of ours its own, the operating system's the reason it gives. The text formats a
    list with commas, or by `{names:or}` and `{names:and}`.

    Attributes:
        key: of the catalogue.
        values: by placeholder.
    """

    __slots__ = ("key", "values")

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values: dict[str, Any] = {name: _portable(value) for name, value in values.items()}

    @classmethod
    def of(cls, error: BaseException) -> Message:
        """Return what an exception says: its own message, or the operating system's reason."""
        message = getattr(error, "message", None)
        if isinstance(message, Message):
            return message
        if isinstance(error, OSError) and error.errno in _SYSTEM_ERRORS:
            return cls(_SYSTEM_ERRORS[error.errno])
        words = error.strerror if isinstance(error, OSError) else None
        first = (words or str(error) or type(error).__name__).splitlines()[0]
        return cls(STORED, text=first[:_LONGEST_REASON])

    def text(self, language: Language) -> str:
        """Return the sentence in this language.

        A message of another version of the program, whose key or values are not known here,
        is given by its key and values.
        """
        values = {name: _readable(value, language) for name, value in self.values.items()}
        try:
            return text(language, self.key, **values)
        except (KeyError, ValueError):
            return f"{self.key} {json.dumps(self.as_json()['values'], ensure_ascii=False)}"

    def sentence(self, language: Language) -> str:
        """Return the text with a capital letter, unless it begins with a value."""
        words = self.text(language)
        template = catalogue().get(self.key, {}).get(language, "{")
        return words if template.startswith("{") else words[:1].upper() + words[1:]

    def replaced(self, old: str, new: str) -> Message:
        """Return the message with a string replaced within all its values."""

        def change(value: Any) -> Any:
            if isinstance(value, Message):
                return value.replaced(old, new)
            return value.replace(old, new) if isinstance(value, str) else value

        return Message(
            self.key, **{name: _each(value, change) for name, value in self.values.items()}
        )

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""

        def change(value: Any) -> Any:
            return value.as_json() if isinstance(value, Message) else value

        values = {name: _each(value, change) for name, value in self.values.items()}
        return {"key": self.key, "values": values}

    @classmethod
    def from_json(cls, value: str | Mapping[str, Any]) -> Message:
        """Return a stored message; a plain sentence of an earlier version stays as it is."""
        if isinstance(value, str):
            if not value.startswith('{"key"'):
                return cls(STORED, text=value)
            value = json.loads(value)
        assert isinstance(value, Mapping)

        def change(part: Any) -> Any:
            return cls.from_json(part) if isinstance(part, dict) else part

        values = {name: _each(part, change) for name, part in value["values"].items()}
        return cls(value["key"], **values)

    def dumps(self) -> str:
        """Return `as_json` as a line of text, for a column or a stream; `from_json` reads it."""
        return json.dumps(self.as_json(), ensure_ascii=False)

    def __str__(self) -> str:
        return self.text("en")

    def __repr__(self) -> str:
        return f"Message({self.key!r}, {self.values!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.key, self.values) == (other.key, other.values)

    def __hash__(self) -> int:
        return hash(self.dumps())


class _List(tuple[str, ...]):
    """Words in one language, which a text formats with commas, "or" or "and"."""

    language: Language

    def __format__(self, spec: str) -> str:
        if spec and self.language == "en" and len(self) > 1:
            return f"{', '.join(self[:-1])} {spec} {self[-1]}"
        return ", ".join(self)


def _portable(value: object) -> Any:
    """Return a value that can be stored and read in either language."""
    if value is None or isinstance(value, (str, bool, int, float, Message)):
        return value
    if isinstance(value, BaseException):
        return Message.of(value)
    if isinstance(value, Collection) and not isinstance(value, bytes):
        return [_portable(part) for part in value]
    return str(value)


def _readable(value: Any, language: Language) -> Any:
    if isinstance(value, Message):
        return value.text(language)
    if isinstance(value, list):
        words = _List(str(_readable(part, language)) for part in value)
        words.language = language
        return words
    return value


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a value, or each part of a list, changed."""
    return [_each(part, change) for part in value] if isinstance(value, list) else change(value)
