"""A measurement is made once, by a process beside the server, and kept while it is true."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.background import measurements
from app.background.machine_load import Load
from app.background.measurements import Failed, Measured, Measurements
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


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """How busy others keep the machine, and what time it is; no look at it takes any."""
    now = SimpleNamespace(busy=True, later=0.0, looks=0)

    def left_enough(_: Load) -> bool:
        now.looks += 1
        return not now.busy

    monkeypatch.setattr(measurements.Load, "by_others", lambda _: now.busy)
    monkeypatch.setattr(measurements.Load, "left_enough", left_enough)
    monkeypatch.setattr(measurements, "time", lambda: time.time() + now.later)
    monkeypatch.setattr(measurements, "_LOOK", 0.0)
    return now


def _asked_once_more(scales: Scales) -> Weight | Failed | None:
    """What is known when it is asked for, once all that comes of the question is over."""
    known = scales.ask("net")
    wait_until(lambda: not scales._asked, "the thread's end", 60)
    return known


def test_on_a_busy_machine_it_is_kept_and_says_so(
    answering: Callable[..., Started], machine: SimpleNamespace
) -> None:
    started = answering(_ANSWER)
    scales = Scales()
    assert _answer(scales) == Weight(2.5, busy=True)
    assert Scales().known("net") == Weight(2.5, busy=True)
    for seconds in (0.0, measurements.QUIET_AFTER - 1, measurements.ANYWAY_AFTER - 1):
        machine.later = seconds
        assert _asked_once_more(scales) == Weight(2.5, busy=True)
    assert len(started) == 1
    assert machine.looks == 1  # there was nothing to be looked for within the first minute


def test_on_a_machine_that_became_quiet_it_is_made_anew_and_holds(
    answering: Callable[..., Started], machine: SimpleNamespace
) -> None:
    started = answering(_ANSWER)
    _answer(Scales())
    machine.busy = False
    scales = Scales()  # of a server that was started meanwhile
    assert _asked_once_more(scales) == Weight(2.5, busy=True)
    assert len(started) == 1
    machine.later = measurements.QUIET_AFTER + 1
    assert _asked_once_more(scales) == Weight(2.5, busy=True)  # nobody waits for the new one
    assert scales.known("net") == Scales().known("net") == Weight(2.5)
    machine.later = 10 * measurements.ANYWAY_AFTER
    assert _asked_once_more(scales) == Weight(2.5)
    assert len(started) == 2


def test_on_a_machine_that_stays_busy_it_is_made_anew_after_a_long_while(
    answering: Callable[..., Started], machine: SimpleNamespace
) -> None:
    started = answering(_ANSWER)
    scales = Scales()
    _answer(scales)
    machine.later = measurements.ANYWAY_AFTER + 1
    for _ in range(2):
        assert _asked_once_more(scales) == Weight(2.5, busy=True)
    assert len(started) == 2
    answering("", code=1)
    machine.later *= 2
    assert _asked_once_more(scales) == scales.known("net") == Weight(2.5, busy=True)


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
