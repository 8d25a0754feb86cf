from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.runs import curves
from resnet_core.runs.folder import RunFolder
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Measurement, Started

STARTED = Started(0, ("a", "b", "c"), ("x",), 10, "shapes", 100, 10, "cpu", "fp32", "eager", 1)


def measurement(iteration: int) -> Measurement:
    return Measurement(
        *(iteration, 0.5, 1.0, 2.0, None, None, 30.0, 0.1, 100.0),
        np.arange(3, dtype=np.float32) + iteration,
        np.ones(3, np.float32),
        np.full(1, 7, np.float32),
        None,
    )


def write(folder: RunFolder, rows: int) -> None:
    with stream.StreamWriter(folder.stream, STARTED) as writer:
        for row in range(rows):
            writer.append(measurement(row))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def check(found: curves.Telemetry, rows: int) -> None:
    assert found.layers == ("a", "b", "c")
    assert found.blocks == ("x",)
    assert found.frame["iteration"].tolist() == list(range(rows))
    assert tuple(found.frame.columns) == tuple(stream.SCALARS)
    assert found.frame["train_error"].isna().all()
    assert found.response_std.dtype == np.float32
    np.testing.assert_array_equal(
        found.response_std, np.arange(rows)[:, None] + np.arange(3)[None, :]
    )
    assert found.branch_ratio.shape == (rows, 1)


def test_a_growing_stream_is_read_anew(folder: RunFolder) -> None:
    for rows in (1, 2, 5):
        folder.stream.unlink(missing_ok=True)
        write(folder, rows)
        check(curves.read(folder), rows)


def test_the_compacted_file_reads_the_same(folder: RunFolder) -> None:
    write(folder, 5)
    stream.compact(folder.stream, folder.compacted)
    check(curves.read(folder), 5)
    folder.stream.unlink()
    check(curves.read(folder), 5)


def test_nothing_yet_is_empty_with_all_columns(folder: RunFolder) -> None:
    for content in (None, b"", b"\xff\xff"):
        if content is not None:
            folder.stream.write_bytes(content)
        found = curves.read(folder)
        assert tuple(found.frame.columns) == tuple(stream.SCALARS)
        assert len(found.frame) == 0
        assert found.layers == found.blocks == ()
        assert found.response_std.shape == (0, 0)


def test_a_stream_without_rows_knows_its_layers(folder: RunFolder) -> None:
    write(folder, 0)
    check(curves.read(folder), 0)


def test_an_unchanged_file_is_read_once(folder: RunFolder) -> None:
    write(folder, 5)
    assert curves.read(folder) is curves.read(folder)


def test_a_damaged_compacted_file_is_a_sentence(folder: RunFolder) -> None:
    folder.compacted.write_bytes(b"PAR1 and then nothing that Parquet would know")
    with pytest.raises(PlaygroundError, match=r"damaged .* retry the run"):
        curves.read(folder)
