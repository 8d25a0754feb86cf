"""Settings as text, in forms, on the command line and in URLs, and their errors as sentences."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from resnet_core.errors import InvalidSetting, InvalidValue
from resnet_core.system.texts import Message

# The text for no milestones at all; an empty one leaves them to the default.
NEVER = "never"
_MAY_BE_EMPTY = {"image_size", "train_images", "test_images"}
# Invisible characters, and those that change the direction of others.
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}

# By pydantic's type of the error: the sentence, and the bound in its context.
_BOUNDS = {
    "greater_than_equal": ("setting.too_small", "ge"),
    "greater_than": ("setting.not_above", "gt"),
    "less_than_equal": ("setting.too_large", "le"),
    "less_than": ("setting.not_below", "lt"),
}
_FORMS = {
    "finite_number": "setting.not_finite",
    "string_pattern_mismatch": "setting.does_not_fit",
    "int_parsing": "setting.no_whole_number",
    "int_from_float": "setting.no_whole_number",
    "int_type": "setting.no_whole_number",
    "float_parsing": "setting.no_number",
    "float_type": "setting.no_number",
    "bool_parsing": "setting.no_boolean",
    "bool_type": "setting.no_boolean",
}


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
        near = difflib.get_close_matches(field, model.model_fields, n=1)
        if near:
            return InvalidSetting(field, "setting.unknown_near", near=near[0])
        return InvalidSetting(field, "setting.unknown")
    return _setting_error(field, first["type"], first, examples.get(field) or "1000")


def _setting_error(field: str, kind: str, error: Mapping[str, Any], good: str) -> InvalidSetting:
    given, context = str(error.get("input"))[:60], error.get("ctx", {})
    if kind in _BOUNDS:
        key, bound = _BOUNDS[kind]
        return InvalidSetting(field, key, given=given, bound=context[bound], good=good)
    if kind == "literal_error":
        options = context["expected"].replace(" or ", ", ").split(", ")
        return InvalidSetting(field, "setting.choice", given=given, options=options)
    if kind == "value_error":
        message = Message.of(context["error"])
        return InvalidSetting(field, message.key.removeprefix("errors."), **message.values)
    return InvalidSetting(field, _FORMS.get(kind, "setting.unreadable"), given=given, good=good)
