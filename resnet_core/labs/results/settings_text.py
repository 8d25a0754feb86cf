"""A laboratory's settings as text, for URLs, forms and the command line."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from resnet_core.labs.question import LabSettings


def from_text(model: type[LabSettings], field: str, value: Any) -> Any:
    """A typed value where `value` is text that says one; anything else is left to the model."""
    info = model.model_fields.get(field)
    if info is None or not isinstance(value, str):
        return value
    text = value.strip()
    if get_origin(info.annotation) is tuple:
        member = get_args(info.annotation)[0]
        return tuple(
            _chosen(member, part.strip()) for part in text.strip("()[] ").split(",") if part
        )
    return _chosen(info.annotation, text)


def names(model: type[LabSettings]) -> list[str]:
    """The laboratory's own fields in their order, then those that every laboratory has."""
    common = LabSettings.model_fields
    return [field for field in model.model_fields if field not in common] + list(common)


def to_query(settings: LabSettings) -> dict[str, str]:
    """The fields that differ from their defaults."""
    return {
        field: as_text(getattr(settings, field))
        for field, info in type(settings).model_fields.items()
        if getattr(settings, field) != info.default
    }


def as_text(value: Any) -> str:
    """A field's value as `from_text` reads it."""
    if isinstance(value, tuple):
        return ",".join(map(as_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def examples(model: type[LabSettings]) -> dict[str, str]:
    """A good value for each field: its default."""
    return {field: as_text(info.default) for field, info in model.model_fields.items()}


def _chosen(annotation: Any, text: str) -> Any:
    """The option of a Literal that reads like this; other types are pydantic's to convert."""
    if get_origin(annotation) is not Literal:
        return text
    options = {as_text(option): option for option in get_args(annotation)}
    return options.get(text, text)
