"""Downloads: progress, cancelling, and failures that end them."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.background import downloads
from app.background.downloads import Download, Downloads
from resnet_core.errors import DownloadError
from tests.small_runs import wait_until

Report = Callable[[str, int, int | None], None]


def _downloads() -> Downloads:
    return Downloads("download", "data.download.not_written", "data.download.broken")


def ended(watched: Downloads, name: str) -> Download:
    return wait_until(
        lambda: (state := watched.state(name)) is not None and state.done and state,
        "the end of the download",
        60,
    )


def test_pages_see_its_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def download(name: str, report: Report) -> Path:
        report("a.tar.gz", 25, 100)
        assert release.wait(60)
        return Path()

    monkeypatch.setattr(downloads, "download", download)
    watched = _downloads()
    assert watched.state("cifar10") is None
    watched.fetch("cifar10")
    state = wait_until(
        lambda: watched.state("cifar10").received and watched.state("cifar10"), "progress"
    )
    assert (state.file, state.fraction, state.done) == ("a.tar.gz", 0.25, False)
    release.set()
    assert ended(watched, "cifar10").error is None


def test_a_cancelled_download_ends_at_its_next_piece_and_can_be_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = threading.Event()

    def download(name: str, report: Report) -> Path:
        begun.set()
        wait_until(lambda: report("a", 1, None), "the cancelling")
        raise AssertionError("not cancelled")

    monkeypatch.setattr(downloads, "download", download)
    watched = _downloads()
    watched.fetch("mnist")
    assert begun.wait(60)
    watched.cancel("mnist")
    assert ended(watched, "mnist") == Download(cancelled=True, done=True)
    monkeypatch.setattr(downloads, "download", lambda name, report: Path())
    watched.fetch("mnist")
    assert not ended(watched, "mnist").cancelled


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (DownloadError("stored", text="Nobody answers."), "Nobody answers."),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "Read-only file system"),
    ],
    ids=["refused", "full", "read-only"],
)
def test_a_failure_ends_the_download(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, message: str
) -> None:
    def download(name: str, report: Report) -> Path:
        raise raised

    monkeypatch.setattr(downloads, "download", download)
    watched = _downloads()
    watched.fetch("svhn")
    assert message in str(ended(watched, "svhn").error)


def test_a_folder_that_cannot_be_made_ends_the_download(home: Path) -> None:
    (home / "data").write_text("in the way", encoding="utf-8")
    watched = _downloads()
    watched.fetch("svhn")
    assert ended(watched, "svhn").error is not None
