"""Errors in the reader's language.

The core says what is wrong in one English sentence. Its translation stands in the catalogue
under `errors`, whose English texts are the patterns that such sentences are recognised by; a
sentence that none fits is shown as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from app.language.texts import Language, catalogue, language, say
from resnet_core.errors import InvalidSetting

_PREFIX = "errors."


def explain(error: Exception) -> str:
    """The error's sentence in the session's language, without the field's name before it."""
    return translated(sentence(error), language())


def sentence(error: Exception) -> str:
    """The core's own sentence; an invalid setting's starts after the name of the field."""
    text = str(error)
    if not isinstance(error, InvalidSetting):
        return text
    text = text.removeprefix(f"{error.field}: ")
    starts_with_a_number = text.startswith(("nan ", "inf "))
    return text if starts_with_a_number else text[:1].upper() + text[1:]


def translated(text: str, spoken: Language) -> str:
    """The sentence in another language, or as it is where the catalogue does not know it."""
    if spoken == "en":
        return text
    for pattern, key in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return say(spoken, key, **_values(found.groupdict(), spoken))
    return text


def _values(values: dict[str, str], spoken: Language) -> dict[str, str]:
    """What was found in a sentence, the few English words among it translated."""
    if "state" in values:
        values["state"] = say(spoken, f"common.state.{values['state']}")
    if "options" in values:
        values["options"] = values["options"].replace(" or ", ", ")
    return values


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """One pattern an entry, those with the most words of their own first."""
    entries = [(key, entry["en"]) for key, entry in catalogue().items() if key.startswith(_PREFIX)]
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
