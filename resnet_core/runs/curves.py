"""A run's telemetry as arrays to draw: the same for live, finished and recorded runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from resnet_core.errors import PlaygroundError
from resnet_core.runs.folder import RunFolder
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Float32


@dataclass(frozen=True)
class Telemetry:
    """T measurements of a network with L 3x3 layers and B blocks.

    Attributes:
        frame: one row a measurement, the scalar columns of `telemetry.events.Measurement`;
            NaN where a value was not measured.
        layers: names of the 3x3 layers.
        blocks: names of the blocks.
        response_std: T, L.
        gradient_norm: T, L.
        branch_ratio: T, B.
    """

    frame: pd.DataFrame
    layers: tuple[str, ...]
    blocks: tuple[str, ...]
    response_std: Float32
    gradient_norm: Float32
    branch_ratio: Float32


def read(folder: RunFolder) -> Telemetry:
    """Return all measurements so far; empty for a run that has not started.

    Raises:
        PlaygroundError: the file is not telemetry.
    """
    # The stream first: it goes only when the compacted file is whole.
    for path in (folder.stream, folder.compacted):
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        except OSError as error:  # a link to itself, or a folder that may not be looked into
            raise PlaygroundError("runs.telemetry_damaged", path=path, error=error) from error
        telemetry = _cached(path, state.st_mtime_ns, state.st_size)
        if telemetry is not None:
            return telemetry
    return from_table(pa.table({name: pa.array([], pa.float64()) for name in stream.SCALARS}))


def from_table(rows: pa.Table) -> Telemetry:
    """Return the telemetry of a stream's rows, for example those of a `Tail`."""
    scalars = [name for name in rows.column_names if name not in stream.VECTORS]
    axes = ("layers", "blocks") if rows.schema.metadata else ()
    names = {axis: stream.axis_names(rows.schema, axis) for axis in axes}
    layers, blocks = names.get("layers", ()), names.get("blocks", ())
    return Telemetry(
        rows.select(scalars).to_pandas(),
        layers,
        blocks,
        _matrix(rows, "response_std", len(layers)),
        _matrix(rows, "gradient_norm", len(layers)),
        _matrix(rows, "branch_ratio", len(blocks)),
    )


@lru_cache(maxsize=32)
def _cached(path: Path, modified: int, size: int) -> Telemetry | None:
    """Return a file's telemetry, read once for each state of the file; None before its first."""
    try:
        rows = stream.read(path) if path.suffix == ".arrow" else pyarrow.parquet.read_table(path)
        return from_table(rows)
    except (PlaygroundError, FileNotFoundError):
        return None  # no first message yet, or compacted in this very moment
    except stream.DAMAGE as error:
        raise PlaygroundError("runs.telemetry_damaged", path=path, error=error) from error


def _matrix(rows: pa.Table, column: str, width: int) -> Float32:
    if column not in rows.column_names or rows.num_rows == 0:
        return np.zeros((rows.num_rows, width), np.float32)
    values = rows.column(column).combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.astype(np.float32, copy=False).reshape(rows.num_rows, width)
