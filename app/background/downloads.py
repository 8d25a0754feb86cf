"""Downloads of public data sets, one a data set at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.background.tasks import Tasks, TaskState
from app.roles import visitor
from resnet_core.data.public.download import download


@dataclass(frozen=True)
class Download(TaskState):
    """Progress of a download.

    Attributes:
        file: the one that is being fetched.
        received, total: bytes of it; `total` is None where the server does not say.
        cancelled: a reader ended it.
    """

    file: str = ""
    received: int = 0
    total: int | None = None
    cancelled: bool = False

    @property
    def fraction(self) -> float:
        return min(1.0, self.received / self.total) if self.total else 0.0


class _Cancelled(Exception):
    """Ends a download from within its progress report."""


class Downloads(Tasks[str, Download]):
    """Downloads by the name of the data set."""

    def fetch(self, name: str) -> None:
        """Download the data set, unless that is being done."""
        visitor.check_machine()
        self.start(name, Download(), lambda: self._download(name))

    def cancel(self, name: str) -> None:
        """End the download at its next piece, and delete the partial files."""
        visitor.check_machine()
        with self._guard:
            state = self._states.get(name)
            if state is not None and not state.done:
                self._states[name] = replace(state, cancelled=True)

    def _download(self, name: str) -> Download:
        def on_progress(file: str, received: int, total: int | None) -> None:
            with self._guard:
                if self._states[name].cancelled:
                    raise _Cancelled
                self._states[name] = Download(file, received, total)

        try:
            download(name, on_progress)
        except _Cancelled:
            return Download(cancelled=True)
        return Download()


_downloads = Downloads("download", "data.download.not_written", "data.download.broken")
fetch = _downloads.fetch
state = _downloads.state
cancel = _downloads.cancel
