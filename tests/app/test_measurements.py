"""A measurement is made once, by a process beside the server, and kept while it is true."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import measurements
from app.measurements import Failed, Measured, Measurements
from tests.app.commands_in_their_place import Started
from tests.small_runs import wait_until

pytestmark = pytest.mark.usefixtures("home")


@dataclass(frozen=True)
class Weight(Measured):
    grams: float


class Scales(Measurements[str, Weight]):
    def __init__(self, name: str = "weights", patience: float = 60.0) -> None:
        super().__init__(name, Weight, patience)

    def command(self, subject: str) -> list[str]:
        return ["-m", "weigh", subject]

    def likeness(self, subject: str) -> list[object]:
        return [subject.lower()]


_ANSWER = json.dumps({"grams": 2.5, "device": "scales"})


def _answer(scales: Scales, subject: str = "net") -> Weight | Failed:
    return wait_until(lambda: scales.ask(subject), "the measurement", 60)


def test_it_is_made_once_and_kept_for_the_next_server(answering: Callable[..., Started]) -> None:
    started = answering(_ANSWER)
    scales = Scales()
    assert scales.known("net") is None
    assert _answer(scales) == scales.known("NET") == Scales().ask("net") == Weight(2.5)
    assert started == [[sys.executable, "-m", "weigh", "net"]]
    _answer(scales, "another")
    assert len(started) == 2


def test_on_a_busy_machine_it_is_said_and_holds_for_the_moment_only(
    answering: Callable[..., Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(_ANSWER)
    monkeypatch.setattr(measurements.Load, "by_others", lambda _: True)
    scales = Scales()
    assert _answer(scales) == Weight(2.5, busy=True)
    assert Scales().known("net") is None  # another server measures for itself
    later = time.monotonic() + measurements.BUSY_FOR + 1
    monkeypatch.setattr(measurements, "monotonic", lambda: later)
    assert scales.known("net") is None


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        ("Traceback\nError: data: there is no such set.\n", "data: there is no such set."),
        ("Traceback\nMemoryError\n", "The measurement failed."),
        ("", "The measurement failed."),
    ],
)
def test_a_failure_is_a_sentence(
    errors: str, reason: str, answering: Callable[..., Started]
) -> None:
    answering("", code=1, errors=errors)
    assert _answer(Scales()) == Failed(reason)


def test_what_takes_too_long_is_given_up(answering: Callable[..., Started]) -> None:
    answering(_ANSWER, seconds=120)
    found = _answer(Scales(patience=0.2))
    assert found == Failed("The measurement took more than 0 s and was given up.")


def test_a_damaged_cache_is_measured_anew(answering: Callable[..., Started], home: Path) -> None:
    answering(_ANSWER)
    _answer(Scales())
    (kept,) = home.rglob("weights/*.json")
    kept.write_text('{"grams": ', encoding="utf-8")
    assert Scales().known("net") is None


def test_nobody_waits_for_what_nobody_asks_for_any_more(
    answering: Callable[..., Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = answering(_ANSWER)
    scales = Scales()
    with measurements._machine.turn:
        assert scales.ask("net") is None
        later = time.monotonic() + measurements._INTEREST + 1
        monkeypatch.setattr(measurements, "monotonic", lambda: later)
    wait_until(lambda: not scales._asked, "the thread's end", 30)
    assert started == []


def test_two_kinds_wait_for_each_other_and_both_make_way(
    answering: Callable[..., Started],
) -> None:
    started = answering(_ANSWER, seconds=120)
    scales = [Scales("weights"), Scales("lengths")]
    for number, one in enumerate(scales, start=1):
        assert one.ask("net") is None
        wait_until(lambda: measurements._machine._running, "the measurement's start", 30)
        assert len(started) == number
        if number == 1:  # the other is asked for meanwhile, and waits
            assert scales[1].ask("net") is None
            assert len([t for t in threading.enumerate() if t.name.startswith("measure ")]) == 2
            assert len(started) == 1
        measurements.make_way()
        # Nothing is known, and whoever asks again has it measured again.
        wait_until(lambda one=one: not one._asked, "the giving up", 30)
        assert one.known("net") is None
