"""What pydantic finds wrong, in one sentence that names the setting and a good value."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from pydantic import BaseModel, ValidationError

from resnet_core.errors import InvalidSetting


def as_sentence(
    error: ValidationError, model: type[BaseModel], examples: Mapping[str, str]
) -> InvalidSetting:
    """The first of the errors that `model` met.

    Args:
        examples: by field, a good value as a person would write it.
    """
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else model.__name__.lower()
    if field not in model.model_fields:
        return InvalidSetting(field, f"there is no such setting{_nearest(field, model)}.")
    given = str(first.get("input"))[:60]
    bounds = first.get("ctx", {})
    good = examples.get(field) or "1000"
    match first["type"]:
        case "greater_than_equal":
            text = f"{given} is too small; use at least {bounds['ge']}."
        case "greater_than":
            text = f"{given} is too small; use a value above {bounds['gt']}, such as {good}."
        case "less_than_equal":
            text = f"{given} is too large; use at most {bounds['le']}."
        case "less_than":
            text = f"{given} is too large; use a value below {bounds['lt']}, such as {good}."
        case "literal_error":
            text = f"{given!r} is not known; choose {bounds['expected']}."
        case "finite_number":
            text = f"{given} is not a finite number; use for example {good}."
        case "value_error":
            text = f"{bounds['error']}."
        case "string_pattern_mismatch":
            text = f"{given!r} does not fit; use {good}."
        case _:
            text = f"{given!r} cannot be read ({first['msg'].lower()}); use for example {good}."
    return InvalidSetting(field, text)


def _nearest(field: str, model: type[BaseModel]) -> str:
    near = difflib.get_close_matches(field, model.model_fields, n=1)
    return f"; did you mean {near[0]}" if near else ""
