"""Exports: a zip of what the command line writes."""

from __future__ import annotations

import zipfile
from pathlib import Path

from app.exports import Exports, Packed
from tests.app.runs_on_record import put_on_record
from tests.small_runs import wait_until


def packed(exports: Exports, run_id: str) -> Packed:
    return wait_until(
        lambda: (state := exports.state(run_id)) is not None and state.done and state,
        "the packing",
        60,
    )


def test_a_run_is_packed_anew_each_time(home: Path) -> None:
    put_on_record("20261121-000001")
    exports = Exports()
    assert exports.state("20261121-000001") is None
    for _ in range(2):
        exports.start("20261121-000001")
        path = packed(exports, "20261121-000001").path
        assert path is not None
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
        assert {
            f"20261121-000001/{name}"
            for name in ("config.json", "metrics.csv", "metrics.parquet", "layers.csv")
        } <= names
    assert [entry.name for entry in path.parent.iterdir()] == ["20261121-000001.zip"]


def test_a_run_that_is_gone_is_a_sentence(home: Path) -> None:
    exports = Exports()
    exports.start("20261121-000002")
    assert "no run" in str(packed(exports, "20261121-000002").error)
