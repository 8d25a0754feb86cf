"""Interrupts while jobs are submitted and followed."""

from __future__ import annotations

import signal

import pytest

from resnet_core.commands.follow import _Watcher, held_interrupts


def _submit_and_follow(watcher: _Watcher[object], number: signal.Signals) -> None:
    with held_interrupts():
        signal.raise_signal(number)  # the jobs are submitted, and not yet followed
        watcher.follow()


def _nothing(*_: object) -> list[object]:
    return []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_between_submission_and_following_stops_the_jobs(
    number: signal.Signals,
) -> None:
    stopped = []
    watcher = _Watcher(_nothing, _nothing, lambda: stopped.append(True))  # type: ignore[arg-type]
    with pytest.raises(SystemExit) as ended:
        _submit_and_follow(watcher, number)
    assert ended.value.code == 130
    assert stopped == [True]


def test_an_interrupt_of_what_is_not_followed_ends_the_command() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), held_interrupts():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
