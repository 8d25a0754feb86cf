"""Downloads that people asked for, one thread each, watched by any number of pages."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from resnet_core.data.public.download import download
from resnet_core.errors import PlaygroundError


@dataclass(frozen=True)
class Download:
    """How far a download is.

    Attributes:
        received, total: bytes of the file that is being fetched; `total` None where the
            server does not say.
        done: it is over: well, cancelled, or with an `error`.
    """

    name: str
    file: str = ""
    received: int = 0
    total: int | None = None
    done: bool = False
    cancelled: bool = False
    error: PlaygroundError | None = None

    @property
    def fraction(self) -> float:
        return min(1.0, self.received / self.total) if self.total else 0.0


class _Cancelled(Exception):
    """Raised where the download reports its progress."""


class Downloads:
    """At most one download a data set at a time."""

    def __init__(self) -> None:
        self._states: dict[str, Download] = {}
        self._to_cancel: set[str] = set()
        self._guard = threading.Lock()

    def start(self, name: str) -> None:
        """Fetch the data set, unless that is being done."""
        with self._guard:
            running = self._states.get(name)
            if running is not None and not running.done:
                return
            self._states[name] = Download(name)
            self._to_cancel.discard(name)
        threading.Thread(target=self._fetch, args=(name,), daemon=True).start()

    def state(self, name: str) -> Download | None:
        """The last download of this data set since the server started, if there was one."""
        with self._guard:
            return self._states.get(name)

    def cancel(self, name: str) -> None:
        """Give the download up at its next piece; what was fetched so far is thrown away."""
        with self._guard:
            self._to_cancel.add(name)

    def _fetch(self, name: str) -> None:
        try:
            download(name, lambda *report: self._report(name, *report))
        except _Cancelled:
            self._end(name, cancelled=True)
        except PlaygroundError as error:
            self._end(name, error=error)
        else:
            self._end(name)

    def _report(self, name: str, file: str, received: int, total: int | None) -> None:
        with self._guard:
            if name in self._to_cancel:
                raise _Cancelled
            self._states[name] = Download(name, file, received, total)

    def _end(
        self, name: str, cancelled: bool = False, error: PlaygroundError | None = None
    ) -> None:
        with self._guard:
            last = self._states[name]
            self._states[name] = replace(last, done=True, cancelled=cancelled, error=error)


_downloads = Downloads()
start = _downloads.start
state = _downloads.state
cancel = _downloads.cancel
