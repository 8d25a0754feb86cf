"""Imports of uploaded weights, one after the other, each made by a command.

The command gets the file through its standard input and keeps it, while it works, where the
next import finds it and deletes what a killed command has left. The server writes no copy.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from app.background.tasks import JSON_ERRORS, Tasks, TaskState, command_error, command_options
from app.roles import visitor
from resnet_core.runs import imported

MEGABYTES = 300  # ResNet-152's weights are 241 MB; the command line imports larger files
SUFFIXES = (".safetensors", ".pt", ".pth", ".th", ".bin", ".ckpt", ".tar")
# What a file may leave open, in the order in which the dialog asks.
QUESTIONS = ("network", "shortcut", "option_a_padding", "stride_in", "normalization")
_KILLED = "import.killed"

Trial = Mapping[str, Any]  # an answer to all questions, and its `error` on `n` images


@dataclass(frozen=True)
class Request:
    """A file to import.

    Attributes:
        options: of the command, by name; empty ones are left out.
    """

    name: str
    content: bytes = field(repr=False)
    options: Mapping[str, str]

    def command(self) -> list[str]:
        """The command, without the interpreter's name."""
        options = command_options({name: text for name, text in self.options.items() if text})
        output = ["--file-name", self.name, "--json", "--progress"]
        return ["-m", "resnet_core", JSON_ERRORS, "import", "-", *output, *options]


@dataclass(frozen=True)
class Import(TaskState):
    """Progress of an import.

    Attributes:
        share: of the work, from 0 to 1.
        run_id: of the imported run.

        trials: where the file leaves something open: every possible answer.
    """

    share: float = 0.0
    run_id: str | None = None

    trials: tuple[Trial, ...] = ()


class Imports(Tasks[str, Import]):
    """Imports by a token that tells them apart."""

    def __init__(self) -> None:
        super().__init__("import", "import.not_started", _KILLED)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._turn = threading.Lock()

    def submit(self, request: Request) -> str:
        """Import the file after those submitted before; returns the import's token."""
        visitor.check_machine()
        token = secrets.token_hex(8)
        self.start(token, Import(), lambda: self._import(token, request))
        return token

    def forget(self, token: str) -> None:
        """End the import if it is running; nothing of it is kept then."""
        super().forget(token)
        with self._guard:
            process = self._processes.get(token)
        if process is not None:
            process.kill()

    def _import(self, token: str, request: Request) -> Import:
        # Standard error goes to a file: a pipe could fill up while the other one is read.
        with self._turn, tempfile.TemporaryFile() as errors:
            if self.state(token) is None:
                return Import()
            command = [sys.executable, *request.command()]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            )
            with self._guard:
                self._processes[token] = process
                if token not in self._states:  # forgotten before there was a process to end
                    process.kill()
            try:
                answer = self._answer(token, process, request.content)
            finally:
                process.kill()
                process.wait()
                with self._guard:
                    del self._processes[token]
                imported.sweep()
            errors.seek(0)
            output = errors.read().decode("utf-8", errors="replace")
        if process.returncode == 0 and "id" in answer:
            return Import(share=1.0, run_id=answer["id"])
        if answer.get("open"):
            return Import(trials=tuple(answer["open"]))

        raise command_error(command, process.returncode, output, _KILLED)

    def _answer(
        self, token: str, process: subprocess.Popen[bytes], content: bytes
    ) -> dict[str, Any]:
        """Send the file and read until the command ends; its JSON, empty if it has none."""
        assert process.stdin is not None
        assert process.stdout is not None
        threading.Thread(None, _send, "upload", (process.stdin, content), daemon=True).start()
        lines = []
        for line in process.stdout:
            if line.startswith(b'{"done"'):
                progress = json.loads(line)
                share = progress["done"] / max(1, progress["total"])
                self.report(token, Import(share=share))
            else:
                lines.append(line.decode("utf-8", errors="replace"))
        process.wait()
        try:
            answer = json.loads("".join(lines))
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}


def _send(stream: IO[bytes], content: bytes) -> None:
    with suppress(OSError), stream:  # the command may have read enough
        stream.write(content)


_imports = Imports()
submit = _imports.submit
state = _imports.state
forget = _imports.forget
