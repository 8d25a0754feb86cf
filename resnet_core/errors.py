"""Errors that a person can put right.

Each carries the key of a sentence under `errors` in the catalogue, and the sentence's values:
`raise DataError("data.folder_missing", path=path)`. The command line prints the English
sentence; a page shows it in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from resnet_core.system.texts import Message

_PREFIX = "errors."
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
