"""Tasks in threads of the server: one a key at a time, watched by any number of pages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from resnet_core.errors import PlaygroundError
from resnet_core.system.texts import Message

JSON_ERRORS = "--json-errors"  # a command's first argument, for `command_error`
_USER_ERROR = 2  # exit code of a command whose last line is a message for the reader
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TaskState:
    """State of a task as pages see it; each kind of task adds fields.

    Attributes:
        done: the task has ended.
        error: the reason why it failed.
    """

    done: bool = False
    error: PlaygroundError | None = None


Key = TypeVar("Key", bound=Hashable)
State = TypeVar("State", bound=TaskState)


class Tasks(Generic[Key, State]):
    """Runner of tasks; a task's state records its end, and it can be started again.

    Args:
        name: of the threads.
        unwritten: key of the error for a disk that is full, missing or read-only.
        failed: key of the error for an unexpected exception, which the log has.
    """

    def __init__(self, name: str, unwritten: str, failed: str) -> None:
        self._name, self._unwritten, self._failed = name, unwritten, failed
        self._states: dict[Key, State] = {}
        self._guard = threading.Lock()

    def start(self, key: Key, state: State, work: Callable[[], State]) -> None:
        """Run `work` in a thread, unless the key's task is running.

        Args:
            state: at the start.
            work: returns the last state; `done` need not be set.
        """
        with self._guard:
            current = self._states.get(key)
            if current is not None and not current.done:
                return
            self._states[key] = state
        threading.Thread(None, self._run, self._name, (key, work), daemon=True).start()

    def state(self, key: Key) -> State | None:
        """Return the state of the key's last task since the server started, if any."""
        with self._guard:
            return self._states.get(key)

    @property
    def running(self) -> bool:
        with self._guard:
            return any(not state.done for state in self._states.values())

    def report(self, key: Key, state: State) -> None:
        """Replace the state of a running task, unless it was forgotten."""
        with self._guard:
            if key in self._states:
                self._states[key] = state

    def forget(self, key: Key) -> None:
        with self._guard:
            self._states.pop(key, None)

    def _run(self, key: Key, work: Callable[[], State]) -> None:
        try:
            self.report(key, replace(work(), done=True))
        except PlaygroundError as error:
            self._fail(key, error)
        except OSError as error:
            self._fail(key, PlaygroundError(self._unwritten, reason=error))
        except Exception as error:  # a thread that ends without a state leaves its page waiting
            _log.error("%s of %s failed", self._name, key, exc_info=error)
            self._fail(key, PlaygroundError(self._failed))

    def _fail(self, key: Key, error: PlaygroundError) -> None:
        with self._guard:
            if key in self._states:
                self._states[key] = replace(self._states[key], done=True, error=error)


def command_options(values: Mapping[str, str]) -> list[str]:
    """Return the options of a command by these settings: "--batch-size", "32"."""
    return [
        part for name, value in values.items() for part in (f"--{name.replace('_', '-')}", value)
    ]


def command_error(
    command: Sequence[str], code: int, output: str, otherwise: str
) -> PlaygroundError:
    """Return the error of a command that ended with an exit code other than 0.

    Args:
        output: its standard error; the command was started with `--json-errors`.
        otherwise: key of the error where the command has none for the reader; the log has the
            output.
    """
    last_line = output.strip().rpartition("\n")[2]
    if code == _USER_ERROR and last_line:
        return PlaygroundError.of(Message.from_json(last_line))
    _log.warning("%s ended with %s: %s", command, code, output[-2000:])
    return PlaygroundError(otherwise)
