"""The telemetry stream: nothing complete is lost, nothing torn is read."""

from __future__ import annotations

import errno
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.runs import curves
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Measurement, Started

STARTED = Started(
    iteration=0,
    layers=("conv1", "layer1.0.conv1", "layer1.0.conv2"),
    blocks=("layer1.0",),
    parameters=1234,
    data="noise",
    train_images=64,
    test_images=16,
    device="cpu",
    precision="fp32",
    backend="eager",
    threads=1,
)


def measurement(iteration: int) -> Measurement:
    return Measurement(
        iteration=iteration,
        epoch=iteration / 40,
        seconds=iteration / 20,
        loss=2.5 - iteration / 1000,
        running_error=None if iteration == 0 else 90 - iteration / 10,
        train_error=12.5 if iteration % 20 == 0 else None,
        test_error=None,
        learning_rate=0.1,
        images_per_second=1000.0,
        response_std=np.array([1.0, 0.5, iteration], np.float32),
        gradient_norm=np.array([np.nan, np.inf, -0.0], np.float32),
        branch_ratio=np.array([iteration / 3], np.float32),
        audit_error=1e-6 if iteration == 0 else None,
    )


def write(path: Path, iterations: range) -> None:
    with stream.StreamWriter(path, STARTED) as writer:
        for iteration in iterations:
            writer.append(measurement(iteration))


def iterations(rows: Any) -> list[int]:
    return rows.column("iteration").to_pylist()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "telemetry.arrow"


def test_every_field_comes_back(path: Path) -> None:
    write(path, range(3))
    rows = stream.read(path)
    for index, row in enumerate(rows.to_pylist()):
        for name, value in vars(measurement(index)).items():
            if isinstance(value, np.ndarray):
                np.testing.assert_array_equal(np.array(row[name], np.float32), value)
            else:
                assert row[name] == value
    assert stream.axis_names(rows.schema, "layers") == STARTED.layers
    assert stream.axis_names(rows.schema, "blocks") == STARTED.blocks


def test_going_on_with_a_stream(path: Path) -> None:
    write(path, range(3))
    write(path, range(3, 5))
    assert iterations(stream.read(path)) == [0, 1, 2, 3, 4]


def test_another_network_is_refused(path: Path) -> None:
    write(path, range(3))
    with pytest.raises(PlaygroundError, match="other layers"):
        stream.StreamWriter(path, replace(STARTED, layers=("conv1",)))
    assert iterations(stream.read(path)) == [0, 1, 2]


def test_a_vector_of_another_length_is_refused(path: Path) -> None:
    with stream.StreamWriter(path, STARTED) as writer:
        with pytest.raises(PlaygroundError, match="branch_ratio"):
            writer.append(replace(measurement(0), branch_ratio=np.zeros(2, np.float32)))
        writer.append(measurement(0))
    assert iterations(stream.read(path)) == [0]


def test_no_stream_is_said(path: Path) -> None:
    with pytest.raises(PlaygroundError, match="no telemetry yet"):
        stream.read(path)
    path.write_bytes(b"")
    with pytest.raises(PlaygroundError, match="no telemetry yet"):
        stream.read(path)


def test_torn_anywhere(path: Path) -> None:
    ends = _message_ends(path, range(3))
    whole = path.read_bytes()
    cuts = {end + step for end in ends for step in (-1, 0, 1)} | set(range(0, len(whole), 29))
    for length in sorted(cuts & set(range(len(whole) + 1))):
        complete = sum(end <= length for end in ends) - 1  # rows; the first message is the schema
        path.write_bytes(whole[:length])
        if complete < 0:
            with pytest.raises(PlaygroundError, match="no telemetry yet"):
                stream.read(path)
        else:
            assert iterations(stream.read(path)) == list(range(complete))
        write(path, range(max(0, complete), 4))
        assert iterations(stream.read(path)) == [0, 1, 2, 3], length


def _message_ends(path: Path, written: range) -> list[int]:
    """Write rows; the file's length after the schema and after each of them."""
    with stream.StreamWriter(path, STARTED) as writer:
        ends = [path.stat().st_size]
        for iteration in written:
            writer.append(measurement(iteration))
            ends.append(path.stat().st_size)
    return ends


def test_bytes_that_are_no_message_end_the_stream(path: Path) -> None:
    header = _message_ends(path, range(2))[0]
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(300))  # a file grown by a power cut
    assert iterations(stream.read(path)) == [0, 1]
    numbers = random.Random(0)
    for _ in range(500):
        damaged = bytearray(whole)
        for _ in range(numbers.choice([1, 5, 50])):
            damaged[numbers.randrange(header, len(whole))] = numbers.randrange(256)
        path.write_bytes(damaged)
        assert stream.read(path).num_rows <= 2


def test_truncate_drops_later_rows(path: Path) -> None:
    write(path, range(0, 50, 10))
    stream.truncate(path, 25)
    assert iterations(stream.read(path)) == [0, 10, 20]
    write(path, range(30, 50, 10))
    assert iterations(stream.read(path)) == [0, 10, 20, 30, 40]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_truncate_leaves_what_needs_no_change(path: Path) -> None:
    stream.truncate(path, 5)
    assert not path.exists()
    write(path, range(3))
    before = path.read_bytes()
    stream.truncate(path, 2)
    assert path.read_bytes() == before


def test_tail_gives_only_new_rows(path: Path) -> None:
    tail = stream.Tail(path)
    assert tail.poll() is None
    with stream.StreamWriter(path, STARTED) as writer:
        assert tail.poll() is None
        for iteration in range(3):
            writer.append(measurement(iteration))
        assert iterations(tail.poll()) == [0, 1, 2]
        assert not tail.replaced
        assert tail.poll() is None
        writer.append(measurement(3))
        assert iterations(tail.poll()) == [3]
    assert not tail.replaced


def test_tail_waits_for_a_row_to_be_whole(path: Path) -> None:
    write(path, range(2))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    tail = stream.Tail(path)
    assert iterations(tail.poll()) == [0]
    assert tail.poll() is None
    path.write_bytes(whole)
    assert iterations(tail.poll()) == [1]
    assert not tail.replaced


def test_tail_notices_a_truncated_stream(path: Path) -> None:
    write(path, range(4))
    tail = stream.Tail(path)
    tail.poll()
    stream.truncate(path, 1)
    write(path, range(2, 9))  # longer than it was before
    assert iterations(tail.poll()) == list(range(9))
    assert tail.replaced
    assert tail.poll() is None
    assert not tail.replaced


def test_tail_notices_an_emptied_stream(path: Path) -> None:
    write(path, range(1, 4))
    tail = stream.Tail(path)
    tail.poll()
    stream.truncate(path, 0)
    rows = tail.poll()
    assert tail.replaced
    assert rows is not None
    assert rows.num_rows == 0


def test_compacted_is_the_same_table(path: Path) -> None:
    write(path, range(100))
    parquet = path.with_name("telemetry.parquet")
    stream.compact(path, parquet)
    rows, whole = pq.read_table(parquet), stream.read(path)
    assert rows.schema == whole.schema
    assert rows.schema.metadata == whole.schema.metadata
    assert repr(rows.to_pylist()) == repr(whole.to_pylist())  # as text: NaN is not equal to itself
    assert stream.axis_names(pq.read_schema(parquet), "layers") == STARTED.layers
    with pytest.raises(PlaygroundError, match="no telemetry yet"):
        stream.compact(path.with_name("none.arrow"), parquet)


class _FullFile:
    """A file on a disk with a little space left."""

    def __init__(self, file: Any, space: int) -> None:
        self.file, self.space = file, space

    def write(self, content: memoryview) -> int:
        if self.space == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self.file.write(content[: self.space])
        self.space -= written
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def test_a_full_disk_is_said_and_can_be_outlived(path: Path) -> None:
    with stream.StreamWriter(path, STARTED) as writer:
        writer.append(measurement(0))
        real = writer._file
        row = stream.to_batch(measurement(1), writer._schema).serialize()
        writer._file = _FullFile(real, space=len(row) - 1)  # type: ignore[assignment]
        with pytest.raises(PlaygroundError, match="disk is full"):
            writer.append(measurement(1))
        assert iterations(stream.read(path)) == [0]
        writer._file = real
        # Shorter than what was torn: no column is empty.
        writer.append(replace(measurement(1), train_error=1.0, test_error=1.0, audit_error=1.0))
        writer.append(measurement(2))
    assert iterations(stream.read(path)) == [0, 1, 2]


def test_other_errors_of_the_disk_are_not_called_full(path: Path) -> None:
    with stream.StreamWriter(path, STARTED) as writer:
        pass
    with pytest.raises(ValueError, match="closed"):
        writer.append(measurement(0))


def _append_forever(path: Path) -> None:
    with stream.StreamWriter(path, STARTED) as writer:
        for iteration in range(1_000_000):
            writer.append(measurement(iteration))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_writer_loses_no_complete_row(path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_append_forever, args=(path,))
    process.start()
    tail, seen = stream.Tail(path), []
    deadline = time.monotonic() + 60
    while len(seen) < 50 and time.monotonic() < deadline:
        rows = tail.poll()
        seen += iterations(rows) if rows is not None else []
    process.kill()
    process.join()
    found = iterations(stream.read(path))
    assert len(seen) >= 50
    assert found[: len(seen)] == seen
    assert found == list(range(len(found)))


def test_the_stream_needs_no_torch() -> None:
    code = "import sys, resnet_core.telemetry.stream; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_network_without_blocks_has_no_ratios(path: Path) -> None:
    """VGG and GoogLeNet."""
    with stream.StreamWriter(path, replace(STARTED, blocks=())) as writer:
        for iteration in (0, 1):
            row = measurement(iteration)
            writer.append(replace(row, branch_ratio=np.empty(0, np.float32)))
        with pytest.raises(PlaygroundError, match="branch_ratio has the shape"):
            writer.append(measurement(2))
    found = curves.from_table(stream.read(path))
    assert (found.blocks, found.branch_ratio.shape) == ((), (2, 0))
    np.testing.assert_array_equal(found.response_std[1], measurement(1).response_std)
