"""Telemetry of one run: an append-only Arrow IPC stream with one writer. No torch.

A stream is the schema's message followed by one record batch's message a measurement.
Each message is one write, so a killed writer leaves all complete rows and at most one torn row,
which every reader here leaves out.
"""

from __future__ import annotations

import io
import json
import logging
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from resnet_core.errors import PlaygroundError
from resnet_core.system.disk import full_disk_explained, write_whole
from resnet_core.telemetry.events import Measurement, Started

# Column, Arrow type, nullable. The three vectors' lengths depend on the network; VGG and
# GoogLeNet have no blocks, and a vector of length 0 has no column.
SCALARS: Mapping[str, tuple[pa.DataType, bool]] = {
    "iteration": (pa.int64(), False),
    "epoch": (pa.float64(), False),
    "seconds": (pa.float64(), False),
    "loss": (pa.float64(), False),
    "running_error": (pa.float64(), True),
    "train_error": (pa.float64(), True),
    "test_error": (pa.float64(), True),
    "learning_rate": (pa.float64(), False),
    "images_per_second": (pa.float64(), False),
    "audit_error": (pa.float64(), True),
}
_LONGEST_TORN = 64  # bytes of a first message that was never whole
VECTORS = {"response_std": "layers", "gradient_norm": "layers", "branch_ratio": "blocks"}
# pyarrow's errors for bytes that are no whole message, or a damaged one.
DAMAGE = (
    *(pa.ArrowException, OSError, EOFError, StopIteration, ValueError, KeyError, TypeError),
    *(IndexError, AttributeError, OverflowError, MemoryError),
)
_log = logging.getLogger(__name__)


def new_schema(started: Started) -> pa.Schema:
    """Return the columns, with `layers`, `blocks` and `started` as metadata in JSON.

    `stream` is a new identifier, by which a reader notices that the file is another one.
    """
    names = {"layers": list(started.layers), "blocks": list(started.blocks)}
    fields = [pa.field(name, kind, nullable=empty) for name, (kind, empty) in SCALARS.items()]
    fields += [
        pa.field(column, pa.list_(pa.float32(), len(names[axis])), nullable=False)
        for column, axis in VECTORS.items()
        if names[axis]
    ]
    metadata = {key: json.dumps(value) for key, value in names.items()}
    metadata |= {"started": json.dumps(asdict(started)), "stream": uuid.uuid4().hex}
    return pa.schema(fields, metadata=metadata)


def renewed(old: pa.Schema) -> pa.Schema:
    """Return the same schema with a new `stream` identifier, for a rewritten file."""
    return old.with_metadata({**old.metadata, b"stream": uuid.uuid4().hex.encode()})


def axis_names(table_schema: pa.Schema, axis: str) -> tuple[str, ...]:
    """Return the `layers` or `blocks` of the vector columns."""
    return tuple(json.loads(table_schema.metadata[axis.encode()]))


def to_batch(measurement: Measurement, table_schema: pa.Schema) -> pa.RecordBatch:
    """Return one measurement as a record batch of one row.

    Raises:
        PlaygroundError: a vector has another length than the schema's.
    """
    columns = [
        pa.array([getattr(measurement, name)], kind, from_pandas=False)
        for name, (kind, _) in SCALARS.items()
    ]
    for column, axis in VECTORS.items():
        values = np.asarray(getattr(measurement, column), np.float32)
        exists = column in table_schema.names
        length = table_schema.field(column).type.list_size if exists else 0
        if values.shape != (length,):
            raise PlaygroundError(
                "telemetry.shape", column=column, shape=str(values.shape), length=length, axis=axis
            )
        if length:
            columns.append(pa.FixedSizeListArray.from_arrays(pa.array(values), length))
    return pa.record_batch(columns, schema=table_schema)


class StreamWriter:
    """Writer that appends measurements to the stream at `path`, which it creates if necessary.

    Raises:
        PlaygroundError: the disk is full, or the stream there is of another network.
    """

    def __init__(self, path: Path, started: Started) -> None:
        self._path = path
        content = _bytes(path)
        schema, _, self._end = _parse(content)
        if schema is None and len(content) > _LONGEST_TORN:
            _put_aside(path)
        self._schema = schema or new_schema(started)
        for axis in ("layers", "blocks"):
            if axis_names(self._schema, axis) != getattr(started, axis):
                raise PlaygroundError("telemetry.other_network", path=path, axis=axis)
        # Unbuffered: rows that `append` wrote survive the end of this process.
        self._file: io.FileIO = path.open("r+b" if schema else "wb", buffering=0)
        self._file.truncate(self._end)
        self._file.seek(self._end)
        if not schema:
            self._write(self._schema.serialize())

    def append(self, measurement: Measurement) -> None:
        """Write one row; when this returns, killing the process cannot lose it.

        Raises:
            PlaygroundError: the disk is full. The stream stays readable and can go on later.
        """
        self._write(to_batch(measurement, self._schema).serialize())

    def _write(self, message: pa.Buffer) -> None:
        left = memoryview(message)
        try:
            with full_disk_explained(self._path):
                while len(left):
                    left = left[self._file.write(left) :]
        except BaseException:
            self._file.seek(self._end)
            self._file.truncate()  # the torn row would precede the next one
            raise
        self._end += len(message)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _put_aside(path: Path) -> None:
    """Keep a stream whose beginning is damaged under another name; a new one takes its place."""
    aside = path.with_name(f"{path.name}.damaged")
    _log.warning("%s is damaged. It is kept as %s; its curves are missing.", path, aside.name)
    path.replace(aside)


def read(path: Path) -> pa.Table:
    """Return every complete row of a stream, which may be growing or torn.

    Raises:
        PlaygroundError: there is no stream at `path`, or not yet its first message.
    """
    schema, batches, _ = _parse(_bytes(path))
    if schema is None:
        raise PlaygroundError("telemetry.empty", path=path)
    return pa.Table.from_batches(batches, schema)


def truncate(path: Path, iteration: int) -> None:
    """Drop the rows after this iteration, all or nothing; where there is no stream, do nothing.

    Raises:
        PlaygroundError: the disk is full; the stream is as it was.
    """
    schema, batches, end = _parse(_bytes(path))
    rows = [batch for batch in batches if batch.column("iteration")[0].as_py() <= iteration]
    if schema is None or (len(rows) == len(batches) and end == path.stat().st_size):
        return
    header = renewed(schema)
    parts = [header.serialize(), *(batch.serialize() for batch in rows)]
    with full_disk_explained(path):
        write_whole(path, b"".join(part.to_pybytes() for part in parts))


def compact(stream_path: Path, parquet_path: Path) -> None:
    """Write a finished stream as one Parquet file, atomically. The stream itself is left.

    Raises:
        PlaygroundError: there is no stream, or the disk is full.
    """
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(read(stream_path).combine_chunks(), buffer, compression="zstd")
    with full_disk_explained(parquet_path):
        write_whole(parquet_path, buffer.getvalue())


class Tail:
    """Reader that follows a stream which another process writes.

    Attributes:
        replaced: the last `poll` read another stream than before at this path, truncated or
            restarted; it then returned all rows, not only the new ones.
    """

    def __init__(self, path: Path) -> None:
        self.replaced = False
        self._path = path
        self._header = b""
        self._schema: pa.Schema | None = None
        self._end = 0

    def poll(self) -> pa.Table | None:
        """Return the rows added since the last call; None where there are none."""
        self.replaced = False
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return None
        with file:
            header = file.read(len(self._header))
            if self._schema is None or header != self._header:
                return self._begin(header + file.read())
            if file.seek(0, os.SEEK_END) <= self._end:
                return None
            file.seek(self._end)
            rows = file.read()
        batches, length = _batches(rows, self._schema)
        self._end += length
        return pa.Table.from_batches(batches, self._schema) if batches else None

    def _begin(self, content: bytes) -> pa.Table | None:
        schema, batches, end = _parse(content)
        if schema is None:
            return None  # the first message is incomplete
        self.replaced = self._schema is not None
        self._schema, self._end = schema, end
        self._header = content[: _header_length(content)]
        return pa.Table.from_batches(batches, schema) if batches or self.replaced else None


def _parse(content: bytes) -> tuple[pa.Schema | None, list[pa.RecordBatch], int]:
    """Return the schema, the complete batches and the position of their end, bytes."""
    try:
        schema = pa.ipc.read_schema(pa.BufferReader(content))
        _check(schema)
        header = _header_length(content)
    except DAMAGE:
        return None, [], 0
    batches, length = _batches(content[header:], schema)
    return schema, batches, header + length


def _check(schema: pa.Schema) -> None:
    """Accept the columns and names of a stream of ours.

    Raises:
        ValueError, KeyError, TypeError: the header is damaged.
    """
    for axis in ("layers", "blocks"):
        if not all(isinstance(name, str) for name in axis_names(schema, axis)):
            raise ValueError(axis)
    if len(set(schema.names)) < len(schema):  # names that are not UTF-8 raise here
        raise ValueError("columns")
    if not isinstance(json.loads(schema.metadata[b"started"]), dict):
        raise ValueError("started")
    for column in ("iteration", "seconds", "loss"):
        schema.field(column)


def _batches(content: bytes, schema: pa.Schema) -> tuple[list[pa.RecordBatch], int]:
    """Return the complete batches at the beginning of `content`, and their length in bytes."""
    batches, end = [], 0
    for message, position in _messages(content):
        try:
            batch = pa.ipc.read_record_batch(message, schema)
            batch.validate(full=True)
        except DAMAGE:
            break
        batches.append(batch)
        end = position
    return batches, end


def _messages(content: bytes) -> Iterator[tuple[pa.Message, int]]:
    """Yield whole messages, each with the position of its end."""
    source = pa.BufferReader(content)
    reader = pa.ipc.MessageReader.open_stream(source)
    while True:
        try:
            message = reader.read_next_message()
        except DAMAGE:
            return
        yield message, source.tell()


def _header_length(content: bytes) -> int:
    return next(_messages(content))[1]


def _bytes(path: Path) -> bytes:
    # A size of 0 is an empty file, or a device that would never end.
    if not path.exists() or path.stat().st_size == 0:
        return b""
    return path.read_bytes()
