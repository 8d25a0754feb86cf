"""Errors a person is meant to read.

Every message is a sentence that says what is wrong and what to do about it; the
command line, the forms and the worker's log show it as it is.
"""

from __future__ import annotations


class PlaygroundError(Exception):
    """Something a person can put right. The message says how."""


class InvalidSetting(PlaygroundError):
    """A setting that cannot be used.

    Attributes:
        field: the name of the setting, as in `Experiment`.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class DataError(PlaygroundError):
    """Image data that is missing, unreadable or unsafe to read."""


class RunNotFound(PlaygroundError):
    """No run has this id."""


class ResultNotFound(PlaygroundError):
    """No laboratory has a result with this id."""


class WrongState(PlaygroundError):
    """The run is not in a state in which this can be asked of it."""


class CheckpointError(PlaygroundError):
    """A checkpoint that is missing, damaged or does not fit the network."""


class DownloadError(DataError):
    """A download that could not be completed."""
