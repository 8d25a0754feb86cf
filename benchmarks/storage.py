"""Telemetry on disk: a record of 330 layers appended, and read by a follower."""

from __future__ import annotations

import csv
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.side_by_side import Comparison, compare, table
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Measurement, Started
from resnet_core.telemetry.stream import StreamWriter, Tail

LAYERS = 110  # responses, gradients and branches: 330 values a record
NAMES = [f"layer{number}" for number in range(LAYERS)]
RECORDS = 2000


def sections(quick: bool) -> Iterator[str]:
    records = 50 if quick else RECORDS
    with tempfile.TemporaryDirectory() as folder:
        appended = _append(Path(folder), records)
        yield _section("one record appended", appended, "us", 1e6)
        yield _section(f"one more record read after {records}", _tail(Path(folder)), "us", 1e6)


def _append(folder: Path, records: int) -> Comparison:
    rows = np.random.default_rng(0).random((3, LAYERS), dtype=np.float32)
    index = sqlite3.connect(folder / "rows.sqlite3")
    index.execute("PRAGMA journal_mode = WAL")
    index.execute("CREATE TABLE row (iteration INTEGER, value BLOB)")
    number = iter(range(10**9))
    with (
        StreamWriter(folder / "telemetry.arrows", started(NAMES, NAMES)) as writer,
        (folder / "rows.csv").open("w", newline="") as text,
    ):
        lines = csv.writer(text)

        def to_sqlite() -> None:
            with index:
                index.execute("INSERT INTO row VALUES (?, ?)", (next(number), rows.tobytes()))

        def to_csv() -> None:
            lines.writerow([next(number), *rows.reshape(-1).tolist()])
            text.flush()

        comparison = compare(
            {
                "a row of a SQLite table": to_sqlite,
                "a line of CSV": to_csv,
                "this project's stream": lambda: writer.append(measurement(next(number), rows)),
            },
            rounds=records,
        )
    index.close()
    return comparison


def _tail(folder: Path) -> Comparison:
    path = folder / "telemetry.arrows"
    rows = np.random.default_rng(1).random((3, LAYERS), dtype=np.float32)
    tail = Tail(path)
    tail.poll()
    read: dict[str, list[float]] = {"the whole file again": [], "the project's tail": []}
    with StreamWriter(path, started(NAMES, NAMES)) as writer:
        tail.poll()
        for number in range(100):
            writer.append(measurement(10**6 + number, rows))
            once = compare(
                {
                    "the whole file again": lambda: stream.read(path),
                    "the project's tail": tail.poll,
                },
                rounds=1,
                warm_up=0,
            )
            for name, seconds in once.seconds.items():
                read[name] += seconds
    return Comparison(read)


def _section(title: str, comparison: Comparison, unit: str, scale: float) -> str:
    rows = [
        (name, f"{comparison.median(name) * scale:.0f}", f"{comparison.faster(name):.1f}")
        for name in comparison.names
    ]
    return f"## Telemetry: {title}\n\n{table(('way', f'{unit}, median', 'times as fast'), rows)}\n"


def started(layers: Sequence[str], blocks: Sequence[str]) -> Started:
    """The beginning of a run that only its stream is wanted of."""
    return Started(
        iteration=0,
        layers=tuple(layers),
        blocks=tuple(blocks),
        parameters=0,
        data="none",
        train_images=1,
        test_images=1,
        device="cpu",
        precision="fp32",
        backend="eager",
        threads=1,
    )


def measurement(iteration: int, rows: Sequence[np.ndarray] | np.ndarray) -> Measurement:
    return Measurement(
        iteration=iteration,
        epoch=0.0,
        seconds=0.0,
        loss=1.0,
        running_error=1.0,
        train_error=None,
        test_error=None,
        learning_rate=0.1,
        images_per_second=1.0,
        response_std=rows[0],
        gradient_norm=rows[1],
        branch_ratio=rows[2],
        audit_error=None,
    )
