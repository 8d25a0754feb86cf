"""Threads that read pictures beside training.

Threads, not processes: Pillow lets other threads run while it decodes and resizes, so they
share the cores with training as processes would (docs/decisions/0007 has the measurement),
and when the process ends, however it ends, so do they.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from resnet_core.errors import InvalidSetting

VARIABLE = "RESIDUAL_PLAYGROUND_DECODERS"
_MOST = 64
_USUAL_MOST = 16
_AHEAD = 8  # pictures a thread that are decoded before they are asked for

Item = TypeVar("Item")
Result = TypeVar("Result")


class Decoders:
    """So many threads; with none, whoever wants a result computes it.

    What is computed never depends on their number.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = usual_count() if count is None else count
        self._pool = ThreadPoolExecutor(self.count, "decoder") if self.count else None

    def begin(self, job: Callable[[Item], Result], item: Item) -> Callable[[], Result]:
        """Start on `job(item)`; call what comes back for the result, or for its error."""
        if self._pool is None:
            return partial(job, item)
        return self._pool.submit(job, item).result

    def map(self, job: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The results in the order of the items, of which a few are worked on at a time."""
        begun: deque[Callable[[], Result]] = deque()
        for item in items:
            begun.append(self.begin(job, item))
            if len(begun) > self.count * _AHEAD:
                yield begun.popleft()()
        while begun:
            yield begun.popleft()()

    def close(self) -> None:
        """Let what has begun come to its end and forget the rest."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def usual_count() -> int:
    """As RESIDUAL_PLAYGROUND_DECODERS says; by default all cores but one, from 1 to 16.

    Raises:
        InvalidSetting: it does not say a number from 0 to 64.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return min(max(1, (os.cpu_count() or 1) - 1), _USUAL_MOST)
    if not text.isdecimal() or int(text) > _MOST:
        raise InvalidSetting(
            VARIABLE, "environment.whole_to", given=text[:20], least=0, most=_MOST, good=1
        )
    return int(text)
