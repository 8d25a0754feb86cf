"""Errors that a person can put right.

Each carries the key of a sentence under `errors` in the catalogue, and the sentence's values:
`raise DataError("data.folder_missing", path=path)`. The command line prints the English
sentence; a page shows it in the reader's language. `setting_error` makes one of what pydantic
refuses.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ValidationError

from resnet_core.system.texts import Message

_PREFIX = "errors."
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
_Error = TypeVar("_Error", bound="PlaygroundError")


class PlaygroundError(Exception):
    """Base of all errors with a sentence for people, which says what to do.

    Attributes:
        message: the sentence, in no language yet.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key)
        self.message = Message(_PREFIX + key, **values)

    @property
    def key(self) -> str:
        """Return the key under `errors`."""
        return self.message.key.removeprefix(_PREFIX)

    @property
    def values(self) -> Mapping[str, Any]:
        """Return the values of the sentence's placeholders."""
        return self.message.values

    @classmethod
    def of(cls, message: Message) -> Self:
        """Return an error with this message, which another process may have sent."""
        return _rebuilt(cls, (message.key,), {"message": message})

    def __str__(self) -> str:
        return str(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are rebuilt from `args` alone, which lack the keyword values.
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(
    error_type: type[_Error], args: tuple[Any, ...], attributes: Mapping[str, Any]
) -> _Error:
    error = error_type.__new__(error_type, *args)
    error.__dict__.update(attributes)
    return error


class InvalidSetting(PlaygroundError):
    """A setting that cannot be used; its text begins with the setting's name.

    Attributes:
        field: the name of the setting, as in `Experiment`.
    """

    def __init__(self, field: str, key: str, /, **values: object) -> None:
        super().__init__(key, **values)
        self.field = field

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class InvalidValue(PlaygroundError, ValueError):
    """A value that a validator of a setting refuses; pydantic adds the setting's name."""


class DataError(PlaygroundError):
    """Image data that is missing, unreadable or unsafe to read."""


class RunNotFound(PlaygroundError):
    """No run has this id."""


class ResultNotFound(PlaygroundError):
    """No laboratory has a result with this id."""


class WrongState(PlaygroundError):
    """The run is not in a state that allows the request."""


class CheckpointError(PlaygroundError):
    """A checkpoint that is missing, damaged or does not fit the network."""


class DownloadError(DataError):
    """A download that could not be completed."""


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
    value, context = str(error.get("input"))[:60], error.get("ctx", {})
    if kind in _BOUNDS:
        key, bound = _BOUNDS[kind]
        return InvalidSetting(field, key, given=value, bound=context[bound], good=good)
    if kind == "literal_error":
        options = context["expected"].replace(" or ", ", ").split(", ")
        return InvalidSetting(field, "setting.choice", given=value, options=options)
    if kind == "value_error":
        message = Message.of(context["error"])
        return InvalidSetting(field, message.key.removeprefix(_PREFIX), **message.values)
    return InvalidSetting(field, _FORMS.get(kind, "setting.unreadable"), given=value, good=good)
