"""Weights that people upload, each imported by a command of its own, watched by its page.

The command gets the file through its standard input and keeps it, while it works, where the
next import finds and clears away what a killed one has left. Nothing of it is written here.
"""

from __future__ import annotations

import json
import logging
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO, Any

from resnet_core.errors import PlaygroundError
from resnet_core.runs import imported

MEGABYTES = 300  # ResNet-152's weights are 241 MB; larger files are imported by the command line
SUFFIXES = (".safetensors", ".pt", ".pth", ".th", ".bin", ".ckpt", ".tar")
# What may have to be asked, in this order.
QUESTIONS = ("network", "shortcut", "option_a_padding", "stride_in", "normalization")
_KILLED = "The import was ended before it was complete; nothing of it was kept. Try it again."
_log = logging.getLogger(__name__)

Tried = Mapping[str, Any]  # an answer to all questions, and the `error` of `n` images with it


@dataclass(frozen=True)
class Request:
    """What is to be imported, and what was said of it.

    Attributes:
        said: the command's options by name; what is empty was not said.
    """

    name: str
    content: bytes = field(repr=False)
    said: Mapping[str, str]

    def command(self) -> list[str]:
        """The command, without the interpreter's name."""
        options = [
            part
            for option, value in self.said.items()
            if value
            for part in (f"--{option.replace('_', '-')}", value)
        ]
        own = ["--file-name", self.name, "--json", "--progress"]
        return ["-m", "resnet_core", "import", "-", *own, *options]


@dataclass(frozen=True)
class Import:
    """How far an import is.

    Attributes:
        share: of the work, from 0 to 1.
        over: nothing more will come.
        run_id: of what was put on record.
        warning: what was noticed of it, in a sentence; else "".
        tried: where something has to be asked: every possible answer.
        error: why it failed.
    """

    share: float = 0.0
    over: bool = False
    run_id: str | None = None
    warning: str = ""
    tried: tuple[Tried, ...] = ()
    error: PlaygroundError | None = None


class Imports:
    """One import at a time; the others wait."""

    def __init__(self) -> None:
        self._states: dict[str, Import] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._guard = threading.Lock()
        self._turn = threading.Lock()

    def start(self, request: Request) -> str:
        """Begin; returns what the others take to tell imports apart."""
        token = secrets.token_hex(8)
        with self._guard:
            self._states[token] = Import()
        threading.Thread(None, self._run, "import", (token, request), daemon=True).start()
        return token

    def state(self, token: str) -> Import | None:
        """None where there is none, or it was given up."""
        with self._guard:
            return self._states.get(token)

    def forget(self, token: str) -> None:
        """Give it up if it is not over; nothing of it is kept then."""
        with self._guard:
            self._states.pop(token, None)
            process = self._processes.get(token)
        if process is not None:
            process.kill()

    def _run(self, token: str, request: Request) -> None:
        try:
            with self._turn:
                result = self._done(token, request) if self.state(token) else None
        except OSError as error:
            reason = f"The import could not be started ({error.strerror})."
            result = Import(error=PlaygroundError(reason))
        except PlaygroundError as error:  # the index cannot be read
            result = Import(error=error)
        if result is not None:
            self._note(token, replace(result, over=True))

    def _done(self, token: str, request: Request) -> Import:
        # A file: a pipe that nobody empties would fill up while the other one is read.
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                [sys.executable, *request.command()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            with self._guard:
                self._processes[token] = process
            try:
                answer = self._answer(token, process, request.content)
            finally:
                process.kill()
                process.wait()
                with self._guard:
                    del self._processes[token]
                imported.sweep()
            errors.seek(0)
            said = errors.read().decode("utf-8", errors="replace")
        return _result(process.returncode, answer, said)

    def _answer(self, token: str, process: subprocess.Popen[bytes], content: bytes) -> str:
        """Hand the file over and listen until the command has ended; what it answered."""
        assert process.stdin is not None
        assert process.stdout is not None
        threading.Thread(None, _feed, "upload", (process.stdin, content), daemon=True).start()
        answer = []
        for line in _lines(process.stdout):
            if line.startswith('{"done"'):
                said = json.loads(line)
                self._note(token, Import(share=said["done"] / max(1, said["total"])))
            else:
                answer.append(line)
        process.wait()
        return "\n".join(answer)

    def _note(self, token: str, state: Import) -> None:
        with self._guard:
            if token in self._states:
                self._states[token] = state


def _lines(stream: IO[bytes]) -> Iterator[str]:
    for line in stream:
        yield line.decode("utf-8", errors="replace").rstrip()


def _feed(stream: IO[bytes], content: bytes) -> None:
    with suppress(OSError), stream:  # the command may have seen enough
        stream.write(content)


def _result(code: int, answer: str, errors: str) -> Import:
    if code < 0:
        return Import(error=PlaygroundError(_KILLED))
    said = _parsed(answer)
    if code == 0 and "id" in said:
        return Import(share=1.0, run_id=said["id"], warning=said["warning"] or "")
    if said.get("open"):
        return Import(tried=tuple(said["open"]))
    if "error" in said:
        return Import(error=PlaygroundError(said["error"]))
    _log.warning("import ended with %s: %s", code, errors[-2000:])
    return Import(error=PlaygroundError(_KILLED))


def _parsed(answer: str) -> dict[str, Any]:
    try:
        said = json.loads(answer)
    except ValueError:  # it broke down before it could say anything
        return {}
    return said if isinstance(said, dict) else {}


_imports = Imports()
start = _imports.start
state = _imports.state
forget = _imports.forget
