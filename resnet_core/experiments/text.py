"""Settings as text, in forms, on the command line and in URLs."""

from __future__ import annotations

import unicodedata
from typing import Any

from resnet_core.errors import InvalidValue

# The text for no milestones at all; an empty one leaves them to the default.
NEVER = "never"
_MAY_BE_EMPTY = {"image_size", "train_images", "test_images"}
# Invisible characters, and those that change the direction of others.
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def from_text(field: str, text: str) -> Any:
    """Return a field's value from its text; an empty text is the default where that is None."""
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
    """Return the text that `from_text` reads as this value."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or NEVER
    return "" if value is None else str(value)


def check_name(value: str) -> str:
    """Return a run's name without blanks around it: at most 80 characters, all of them visible.

    Raises:
        InvalidValue: names the character or length at fault.
    """
    if len(value) > 80:
        raise InvalidValue("setting.name_too_long", count=len(value))
    for character in value:
        if character in '/\\<>"`' or unicodedata.category(character) in _INVISIBLE:
            label = unicodedata.name(character, f"U+{ord(character):04X}").lower()
            raise InvalidValue("setting.name_character", character=label)
    return value.strip()


def check_data(value: str) -> str:
    """Return the name or path of a data set without blanks around it.

    Raises:
        InvalidValue: it is empty, too long, or has control characters.
    """
    unreadable = any(unicodedata.category(c) == "Cc" for c in value)
    if not value.strip() or len(value) > 1000 or unreadable:
        raise InvalidValue("setting.data_text")
    return value.strip()
