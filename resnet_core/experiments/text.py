"""An experiment's settings as text: typed into a form, on the command line or in a URL."""

from __future__ import annotations

import unicodedata
from typing import Any

from resnet_core.errors import InvalidValue

# The text for no milestones at all; an empty one leaves them to the default.
NEVER = "never"
_MAY_BE_EMPTY = {"image_size", "train_images", "test_images"}
# Unseen characters, and those that change how others are read.
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def from_text(field: str, text: str) -> Any:
    """A field's value as typed into a form or a URL; an empty text means "none given"."""
    if field == "milestones":
        if text.strip().lower() in {"", "none"}:
            return None
        if text.strip().lower() == NEVER:
            return ()
        return tuple(part.strip() for part in text.strip("()[] ").split(",") if part.strip())
    if field in _MAY_BE_EMPTY and not text.strip():
        return None
    return text


def as_text(value: Any) -> str:
    """The inverse of `from_text`."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or NEVER
    return "" if value is None else str(value)


def check_name(value: str) -> str:
    """A run's name: at most 80 printable characters, none that could be taken for something else.

    Raises:
        InvalidValue: the text is too long, or has a character that cannot be used.
    """
    if len(value) > 80:
        raise InvalidValue("setting.name_too_long", count=len(value))
    for character in value:
        if character in '/\\<>"`' or unicodedata.category(character) in _INVISIBLE:
            shown = unicodedata.name(character, f"U+{ord(character):04X}").lower()
            raise InvalidValue("setting.name_character", character=shown)
    return value.strip()


def check_data(value: str) -> str:
    """The name or path of a data set.

    Raises:
        InvalidValue: it is empty, too long, or has control characters.
    """
    unreadable = any(unicodedata.category(c) == "Cc" for c in value)
    if not value.strip() or len(value) > 1000 or unreadable:
        raise InvalidValue("setting.data_text")
    return value.strip()
