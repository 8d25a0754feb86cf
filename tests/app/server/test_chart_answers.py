"""Growing telemetry: rows appended one by one give the same, and are not copied again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from app.server import chart_answers
from app.server.chart_answers import GrowingTelemetry
from resnet_core.runs import curves
from resnet_core.runs.curves import Telemetry
from resnet_core.runs.folder import of_run
from resnet_core.telemetry import stream
from resnet_core.telemetry.stream import VECTORS
from tests.app.runs_on_record import put_on_record


@pytest.fixture
def rows(home: Path) -> pa.Table:
    put_on_record("run-1", "cifar/plain-8", state="running", reached=300)
    return stream.read(of_run("run-1").stream)


def test_rows_appended_one_by_one_give_the_same(
    rows: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart_answers, "_CAPACITY", 2)
    growing = GrowingTelemetry()
    for number in range(rows.num_rows):
        growing.append(rows.slice(number, 1))
    assert len(growing) == rows.num_rows == 31
    same(growing.telemetry(), curves.from_table(rows))


def test_earlier_results_stay_valid(rows: pa.Table) -> None:
    growing = GrowingTelemetry()
    growing.append(rows.slice(0, 10))
    early = growing.telemetry()
    growing.append(rows.slice(10))
    same(early, curves.from_table(rows.slice(0, 10)))


def test_a_new_row_copies_no_layer_values(rows: pa.Table) -> None:
    growing = GrowingTelemetry()
    growing.append(rows.slice(0, 20))
    before = growing.telemetry()
    growing.append(rows.slice(20, 1))
    for name in VECTORS:
        assert np.shares_memory(getattr(before, name), getattr(growing.telemetry(), name))


def test_telemetry_without_rows_is_empty() -> None:
    assert GrowingTelemetry().telemetry().frame.empty


def same(one: Telemetry, other: Telemetry) -> None:
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert (one.layers, one.blocks) == (other.layers, other.blocks)
    for name in VECTORS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
