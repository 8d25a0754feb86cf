"""Errors in the reader's language."""

from __future__ import annotations

import re
from functools import lru_cache

from app.language.texts import Language, catalogue, language, say
from resnet_core.system.texts import STORED, Message

_PREFIX = "errors."


def explain(error: Exception) -> str:
    """Return the error's sentence in the session's language, without the field's name."""
    return sentence(error, language())


def sentence(error: Exception, spoken: Language) -> str:
    """Return the error's sentence in this language, without the field's name."""
    message = Message.of(error)
    if message.key == STORED:
        words = str(message)
        return translated(words[:1].upper() + words[1:], spoken)
    return message.sentence(spoken)


def translated(text: str, spoken: Language) -> str:
    """Return a stored message in this language; a plain sentence only where it is recognised."""
    message = Message.from_json(text)
    if message.key != STORED:
        return message.sentence(spoken)
    if spoken == "en":
        return text
    for pattern, key in _patterns():
        match = pattern.fullmatch(text)
        if match:
            return say(spoken, key, **_values(match.groupdict(), spoken))
    return text


def _values(values: dict[str, str], spoken: Language) -> dict[str, str]:
    """Return the values in a sentence, the few English words among them translated."""
    if "state" in values:
        values["state"] = say(spoken, f"common.state.{values['state']}")
    if "options" in values:
        values["options"] = values["options"].replace(" or ", ", ")
    return values


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return a pattern an entry, those with the most words of their own first."""
    entries = [
        (key, entry["en"])
        for key, entry in catalogue().items()
        if re.fullmatch(r"errors\.\w+", key) and key != STORED
    ]
    entries.sort(key=lambda pair: -len(re.sub(r"\{\w+\}", "", pair[1])))
    return [(_pattern(text), key) for key, text in entries]


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    words, names = parts[::2], parts[1::2]
    pieces = [re.escape(words[0])]
    for name, word in zip(names, words[1:], strict=True):
        pieces += [f"(?P<{name}>.+?)", re.escape(word)]
    # A sentence may stand after "field: " or at the beginning of a line.
    return re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)
