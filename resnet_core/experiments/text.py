"""Settings as text, in forms, on the command line and in URLs, and their errors as sentences."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from resnet_core.errors import InvalidSetting

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
        ValueError: names the character or length at fault.
    """
    if len(value) > 80:
        raise ValueError(f"has {len(value)} characters; use at most 80")
    for character in value:
        if character in '/\\<>"`' or unicodedata.category(character) in _INVISIBLE:
            label = unicodedata.name(character, f"U+{ord(character):04X}").lower()
            raise ValueError(
                f"contains the character {label}; use letters, digits, spaces and simple marks"
            )
    return value.strip()


def check_data(value: str) -> str:
    """Return the name or path of a data set without blanks around it.

    Raises:
        ValueError: it is empty, too long, or has control characters.
    """
    unreadable = any(unicodedata.category(c) == "Cc" for c in value)
    if not value.strip() or len(value) > 1000 or unreadable:
        raise ValueError("must be a data set's name or a path of at most 1000 characters")
    return value.strip()


def setting_error(
    error: ValidationError, model: type[BaseModel], examples: Mapping[str, str]
) -> InvalidSetting:
    """Return the first of pydantic's errors as a sentence that names the setting and a good value.

    Args:
        examples: by field, a good value as a person would write it.
    """
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else model.__name__.lower()
    if field not in model.model_fields:
        return InvalidSetting(field, f"there is no such setting{_nearest(field, model)}.")
    value = str(first.get("input"))[:60]
    bounds = first.get("ctx", {})
    good = examples.get(field) or "1000"
    match first["type"]:
        case "greater_than_equal":
            text = f"{value} is too small; use at least {bounds['ge']}."
        case "greater_than":
            text = f"{value} is too small; use a value above {bounds['gt']}, such as {good}."
        case "less_than_equal":
            text = f"{value} is too large; use at most {bounds['le']}."
        case "less_than":
            text = f"{value} is too large; use a value below {bounds['lt']}, such as {good}."
        case "literal_error":
            text = f"{value!r} is not known; choose {bounds['expected']}."
        case "finite_number":
            text = f"{value} is not a finite number; use for example {good}."
        case "value_error":
            text = f"{bounds['error']}."
        case "string_pattern_mismatch":
            text = f"{value!r} does not fit; use {good}."
        case _:
            text = f"{value!r} cannot be read ({first['msg'].lower()}); use for example {good}."
    return InvalidSetting(field, text)


def _nearest(field: str, model: type[BaseModel]) -> str:
    near = difflib.get_close_matches(field, model.model_fields, n=1)
    return f"; did you mean {near[0]}" if near else ""
