"""Messages between a worker and the index: its progress, and what it is asked to do."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from resnet_core.errors import PlaygroundError, RunNotFound
from resnet_core.runs.record import Request
from resnet_core.runs.store import Store
from resnet_core.telemetry.events import Measurement

_REPORT_SECONDS = 0.25
_REQUEST_SECONDS = 0.05
# The rate is a mean over this long, evaluations and checkpoints included: time left depends on it.
_RATE_SECONDS = 10.0
_TRY_AGAIN_SECONDS = 5.0
_log = logging.getLogger(__name__)


class Requests:
    """Reads what the worker is asked to do, at most twenty times a second.

    A worker needs no index to go on: while it cannot be read, the last request stands.
    """

    def __init__(self, store: Store, job_id: str) -> None:
        self._store = store
        self._job_id = job_id
        self._next = 0.0
        self._retry_at = 0.0
        self._request: Request | None = None

    @property
    def unreachable(self) -> bool:
        """Return whether the index failed within the last seconds."""
        return time.monotonic() < self._retry_at

    def latest(self) -> Request | None:
        """Return the request, read again when it is due."""
        return self._exchange({}) if time.monotonic() >= self._next else self._request

    def report(self, **fields: Any) -> Request | None:
        """Write progress to the index and return the request that stands there."""
        return self._exchange(fields)

    def _exchange(self, fields: dict[str, Any]) -> Request | None:
        self._next = time.monotonic() + _REQUEST_SECONDS
        try:
            if fields:
                self._request = self._store.report(self._job_id, **fields)
            else:
                self._request = self._store.requested(self._job_id)
        except RunNotFound:
            self._request = "stop"  # the run was deleted; there is nothing to train for
        except PlaygroundError as error:
            _log.warning("%s The work goes on.", error)
            self._next = self._retry_at = time.monotonic() + _TRY_AGAIN_SECONDS
        return self._request


class Progress:
    """A training's progress, reported at most four times a second.

    Attributes:
        unreported: columns of the index that are newer than the last report.
    """

    def __init__(self, requests: Requests, batch_size: int) -> None:
        self._requests = requests
        self._batch_size = batch_size
        self._reported = 0.0
        self._steps: deque[tuple[float, int]] = deque()
        self.unreported: dict[str, Any] = {}

    def measured(self, measurement: Measurement) -> None:
        """Note the seconds and errors, for the next report."""
        self.unreported["seconds"] = measurement.seconds
        for field in ("train_error", "test_error"):
            value = getattr(measurement, field)
            if value is not None:
                self.unreported[field] = value

    def stepped(self, iteration: int, seconds: float) -> Request | None:
        """Note an update and report when it is due; return what the worker is asked to do."""
        now = time.monotonic()
        self.unreported |= {"iteration": iteration, "seconds": seconds}
        if now - self._reported < _REPORT_SECONDS or self._requests.unreachable:
            return self._requests.latest()
        self._reported = now
        self._add_rate(now, iteration)
        request = self._requests.report(**self.unreported)
        if not self._requests.unreachable:
            self.unreported = {}
        return request

    def _add_rate(self, now: float, iteration: int) -> None:
        self._steps.append((now, iteration))
        while len(self._steps) > 2 and now - self._steps[0][0] > _RATE_SECONDS:
            self._steps.popleft()
        since, first = self._steps[0]
        if now > since:
            rate = (iteration - first) * self._batch_size / (now - since)
            self.unreported["images_per_second"] = rate
