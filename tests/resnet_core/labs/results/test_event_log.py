from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.labs.events import Progress, Rows, Verdict
from resnet_core.labs.results import event_log
from resnet_core.labs.results.event_log import EventWriter


class Clock:
    """Seconds that pass when they are told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_what_is_written_is_read(path: Path) -> None:
    clock = Clock()
    with EventWriter(path, clock) as file:
        file.write(Progress(0, 3))
        clock.now += 1.5
        file.write(Rows("bars", [{"x": 1, "name": "ä", "none": None, "yes": True}]))
        file.write(Rows("bars", [{"x": 2.5, "name": "b", "none": None, "yes": False}]))
        file.write(Verdict("found", {"value": np.float32(0.5), "count": np.int64(3)}))
    found = event_log.read(path)
    assert found.progress == Progress(0, 3)
    assert found.rows == {
        "bars": [
            {"x": 1, "name": "ä", "none": None, "yes": True},
            {"x": 2.5, "name": "b", "none": None, "yes": False},
        ]
    }
    assert found.verdicts == [Verdict("found", {"value": 0.5, "count": 3})]
    assert found.first_rows == 1.5


def test_every_event_is_there_at_once(path: Path) -> None:
    with EventWriter(path) as file:
        for number in range(3):
            file.write(Rows("t", [{"n": number}]))
            assert len(event_log.read(path).rows["t"]) == number + 1


def test_progress_is_told_five_times_a_second_and_at_the_end(path: Path) -> None:
    clock = Clock()
    with EventWriter(path, clock) as file:
        for step in range(1001):
            file.write(Progress(step, 1000))
            clock.now += 0.01
    told = [json.loads(text)["done"] for text in path.read_text().splitlines()]
    assert told[0] == 0
    assert told[-1] == 1000
    assert len(told) == pytest.approx(51, abs=2)


def test_numbers_that_are_not_finite_survive(path: Path) -> None:
    with EventWriter(path) as file:
        file.write(Rows("t", [{"a": math.inf, "b": math.nan}]))
    (row,) = event_log.read(path).rows["t"]
    assert row["a"] == math.inf
    assert math.isnan(row["b"])


def test_a_journal_starts_anew(path: Path) -> None:
    for _ in range(2):
        with EventWriter(path) as file:
            file.write(Rows("t", [{"n": 1}]))
    assert len(event_log.read(path).rows["t"]) == 1


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_is_left_out(path: Path, cut: int) -> None:
    with EventWriter(path) as file:
        for number in range(3):
            file.write(Rows("table", [{"number": number, "text": "some words"}]))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    # A line without its end may still be whole.
    assert len(event_log.read(path).rows["table"]) == (3 if cut == 1 else 2)


def test_a_full_line_of_rubbish_at_the_end_is_left_out(path: Path) -> None:
    with EventWriter(path) as file:
        file.write(Rows("table", [{"number": 1}]))
    with path.open("ab") as raw:
        raw.write(b'{"seconds": 1, "kind": "ro\xff\n')
    assert event_log.read(path).rows == {"table": [{"number": 1}]}


@pytest.mark.parametrize("rubbish", [b"{", b"[]", b'{"kind": "song", "seconds": 1}', b"\xff"])
def test_damage_in_the_middle_is_said(path: Path, rubbish: bytes) -> None:
    with EventWriter(path) as file:
        file.write(Rows("table", [{"number": 1}]))
    path.write_bytes(rubbish + b"\n" + path.read_bytes())
    with pytest.raises(PlaygroundError, match="damaged in line 1"):
        event_log.read(path)


def test_no_file_is_nothing_said_yet(path: Path) -> None:
    assert event_log.read(path) == event_log.Contents()


def test_what_json_cannot_say_is_an_error_in_the_laboratory(path: Path) -> None:
    with EventWriter(path) as file, pytest.raises(TypeError, match="set is no number"):
        file.write(Rows("t", [{"a": {1, 2}}]))  # type: ignore[dict-item]
