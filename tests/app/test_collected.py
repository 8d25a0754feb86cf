"""Telemetry collected row by row is the same, and is not copied for each new row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from app import collected
from app.collected import Collected
from resnet_core.runs import curves
from resnet_core.runs.curves import VECTORS, Telemetry
from resnet_core.runs.folder import of_run
from resnet_core.telemetry import stream
from tests.app.runs_on_record import put_on_record


@pytest.fixture
def rows(home: Path) -> pa.Table:
    put_on_record("run-1", "cifar/plain-8", state="running", reached=300)
    return stream.read(of_run("run-1").stream)


def test_rows_one_by_one_come_to_the_same(rows: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collected, "_ROOM", 2)
    found = Collected()
    for number in range(rows.num_rows):
        found.add(rows.slice(number, 1))
    assert len(found) == rows.num_rows == 31
    same(found.telemetry(), curves.from_table(rows))


def test_what_was_given_stays_as_it_was(rows: pa.Table) -> None:
    found = Collected()
    found.add(rows.slice(0, 10))
    early = found.telemetry()
    found.add(rows.slice(10))
    same(early, curves.from_table(rows.slice(0, 10)))


def test_the_layers_values_are_not_copied_for_a_new_row(rows: pa.Table) -> None:
    found = Collected()
    found.add(rows.slice(0, 20))
    before = found.telemetry()
    found.add(rows.slice(20, 1))
    for name in VECTORS:
        assert np.shares_memory(getattr(before, name), getattr(found.telemetry(), name))


def test_nothing_yet_is_empty() -> None:
    assert Collected().telemetry().frame.empty


def same(one: Telemetry, other: Telemetry) -> None:
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert (one.layers, one.blocks) == (other.layers, other.blocks)
    for name in VECTORS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
