"""Settings that pydantic refuses, as one sentence that names the setting and a good value."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from resnet_core.errors import InvalidSetting
from resnet_core.system.texts import Message

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
