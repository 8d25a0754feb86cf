"""What a worker tells the index, and what it is asked there."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from resnet_core.errors import PlaygroundError, RunNotFound
from resnet_core.runs.record import Request
from resnet_core.runs.store import Store
from resnet_core.telemetry.events import Measurement

_REPORT = 0.25  # seconds
_LISTEN = 0.05
# The rate is a mean over this long, evaluations and checkpoints included: time left depends on it.
_RATE_OVER = 10.0
_TRY_AGAIN = 5.0
_log = logging.getLogger(__name__)


class Progress:
    """Reports at most four times a second and listens at most twenty times.

    Attributes:
        news: what was not reported yet.
    """

    def __init__(self, store: Store, run_id: str, batch_size: int) -> None:
        self._store = store
        self._run_id = run_id
        self._batch_size = batch_size
        self._reported = self._listened = 0.0
        self._request: Request | None = None
        self._steps: deque[tuple[float, int]] = deque()
        self.news: dict[str, Any] = {}

    def measured(self, measurement: Measurement) -> None:
        """Note the seconds and errors, for the next report."""
        self.news["seconds"] = measurement.seconds
        for field in ("train_error", "test_error"):
            value = getattr(measurement, field)
            if value is not None:
                self.news[field] = value

    def stepped(self, iteration: int, seconds: float) -> Request | None:
        """Note an update, tell the index when it is time; returns what the worker is asked."""
        now = time.monotonic()
        self.news |= {"iteration": iteration, "seconds": seconds}
        try:
            if now - self._reported >= _REPORT:
                self._reported = self._listened = now
                self._report(now, iteration)
            elif now - self._listened >= _LISTEN:
                self._listened = now
                self._request = self._store.requested(self._run_id)
        except RunNotFound:
            self._request = "stop"  # somebody removed the run; there is nothing to train for
        except PlaygroundError as error:
            # Training needs no index: telemetry and checkpoints lie in the run's folder.
            _log.warning("%s Training goes on.", error)
            self._reported = self._listened = now + _TRY_AGAIN
        return self._request

    def _report(self, now: float, iteration: int) -> None:
        self._steps.append((now, iteration))
        while len(self._steps) > 2 and now - self._steps[0][0] > _RATE_OVER:
            self._steps.popleft()
        since, first = self._steps[0]
        if now > since:
            rate = (iteration - first) * self._batch_size / (now - since)
            self.news["images_per_second"] = rate
        self._request = self._store.report(self._run_id, **self.news)
        self.news = {}
