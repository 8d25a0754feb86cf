"""A worker that waits with torch imported, so that the first point comes at once."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
from pathlib import Path

from resnet_core.errors import PlaygroundError
from resnet_core.jobs.engine import Handle
from resnet_core.system import environment, processes

# Importing torch takes some 3 s from a warm disk and a minute from a cold slow one.
_PATIENCE = 120.0


class Spare:
    """`python -m resnet_core worker --wait`, at the other end of two pipes.

    Where it can fork it starts any number of workers and says their pids; elsewhere it
    becomes the one worker itself. It ends when this process does.
    """

    def __init__(self) -> None:
        self._forks = environment.forks()
        self._process = processes.start(
            ["worker", "--wait", *(["--fork"] if self._forks else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if self._forks else subprocess.DEVNULL,
            stderr=None,
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def begin(self, run_id: str, run_dir: Path) -> tuple[Handle, subprocess.Popen[str] | None]:
        """Have it work on a run.

        Returns:
            The worker's handle, and its process where that is the spare itself.

        Raises:
            PlaygroundError: it died, or did not answer.
        """
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(str(run_dir)) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise PlaygroundError("The waiting worker has died; start another one.") from error
        pid = self._answer() if self._forks else self._process.pid
        handle = Handle(run_id, pid, processes.created(pid))
        return handle, None if self._forks else self._process

    def _answer(self) -> int:
        stdout = self._process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], _PATIENCE)
        answer = stdout.readline() if ready else ""
        if not answer:
            raise PlaygroundError("The waiting worker did not answer; start another one.")
        return int(answer)

    def close(self) -> None:
        """Let it end; a worker that it has become or started goes on."""
        for pipe in (self._process.stdin, self._process.stdout):
            # It may have died with our words still in the pipe.
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
