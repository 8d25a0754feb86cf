"""Downloads: watched, cancelled, and their failures said."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.background import downloads
from app.background.downloads import Download, Downloads
from resnet_core.errors import DownloadError
from tests.small_runs import wait_until

Report = Callable[[str, int, int | None], None]


def ended(watched: Downloads, name: str) -> Download:
    return wait_until(
        lambda: (state := watched.state(name)) is not None and state.done and state,
        "the end of the download",
        10,
    )


def test_progress_is_seen_and_a_second_start_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls, go_on = [], threading.Event()

    def fetch(name: str, report: Report) -> Path:
        calls.append(name)
        report("a.tar.gz", 25, 100)
        assert go_on.wait(10)
        return Path()

    monkeypatch.setattr(downloads, "download", fetch)
    watched = Downloads()
    assert watched.state("cifar10") is None
    watched.start("cifar10")
    seen = wait_until(
        lambda: watched.state("cifar10").received and watched.state("cifar10"), "news"
    )
    assert (seen.file, seen.fraction, seen.done) == ("a.tar.gz", 0.25, False)
    watched.start("cifar10")
    go_on.set()
    assert ended(watched, "cifar10").error is None
    assert calls == ["cifar10"]


def test_a_cancelled_download_ends_at_its_next_piece_and_can_be_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = threading.Event()

    def fetch(name: str, report: Report) -> Path:
        begun.set()
        wait_until(lambda: watched.state(name).cancelled or report("a", 1, None), "the end", 10)
        raise AssertionError("not cancelled")

    monkeypatch.setattr(downloads, "download", fetch)
    watched = Downloads()
    watched.start("mnist")
    assert begun.wait(10)
    watched.cancel("mnist")
    assert ended(watched, "mnist").cancelled
    monkeypatch.setattr(downloads, "download", lambda name, report: Path())
    watched.start("mnist")
    assert not ended(watched, "mnist").cancelled


def test_a_failure_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(name: str, report: Report) -> Path:
        raise DownloadError("Nobody answers.")

    monkeypatch.setattr(downloads, "download", fetch)
    watched = Downloads()
    watched.start("svhn")
    assert str(ended(watched, "svhn").error) == "Nobody answers."
