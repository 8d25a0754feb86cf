"""A training loop in a separate process that takes a step on request.

Precision, memory allocator and number of threads belong to a process, so loops that differ in
them cannot share one. All but the one that is timed wait.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

Step = Callable[[], object]
Maker = Callable[..., Step]


class Contender:
    """`make(*arguments)` is called in the new process; calling this takes one of its steps."""

    def __init__(self, make: Maker, *arguments: object) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, make, arguments), daemon=True)
        self._process.start()
        other.close()
        self._pipe.recv()

    def __call__(self) -> None:
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start a step without waiting for it."""
        self._pipe.send("step")

    def wait(self) -> None:
        """Wait for the step that was started."""
        self._pipe.recv()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pipe.close()
        self._process.join(10)
        self._process.kill()


def _serve(pipe: Connection, make: Maker, arguments: tuple[object, ...]) -> None:
    import torch

    torch.set_num_threads(1)
    step = make(*arguments)
    pipe.send("ready")
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        step()
        pipe.send("done")
