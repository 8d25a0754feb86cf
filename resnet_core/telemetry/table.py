"""Measurements as rows of an Arrow table. No torch."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict

import numpy as np
import pyarrow as pa

from resnet_core.errors import PlaygroundError
from resnet_core.telemetry.events import Measurement, Started

# Column, Arrow type, nullable. The three vectors' lengths depend on the network; VGG and
# GoogLeNet have no blocks, and a vector of length 0 has no column.
_SCALARS = (
    ("iteration", pa.int64(), False),
    ("epoch", pa.float64(), False),
    ("seconds", pa.float64(), False),
    ("loss", pa.float64(), False),
    ("running_error", pa.float64(), True),
    ("train_error", pa.float64(), True),
    ("test_error", pa.float64(), True),
    ("learning_rate", pa.float64(), False),
    ("images_per_second", pa.float64(), False),
    ("audit_error", pa.float64(), True),
)
_VECTORS = (
    ("response_std", "layers"),
    ("gradient_norm", "layers"),
    ("branch_ratio", "blocks"),
)


def schema(started: Started) -> pa.Schema:
    """Return the columns, with `layers`, `blocks` and `started` as metadata in JSON.

    `stream` is a new identifier, by which a reader notices that the file is another one.
    """
    names = {"layers": list(started.layers), "blocks": list(started.blocks)}
    fields = [pa.field(name, kind, nullable=empty) for name, kind, empty in _SCALARS]
    fields += [
        pa.field(column, pa.list_(pa.float32(), len(names[axis])), nullable=False)
        for column, axis in _VECTORS
        if names[axis]
    ]
    metadata = {key: json.dumps(value) for key, value in names.items()}
    metadata |= {"started": json.dumps(asdict(started)), "stream": uuid.uuid4().hex}
    return pa.schema(fields, metadata=metadata)


def renewed(old: pa.Schema) -> pa.Schema:
    """Return the same schema with a new `stream` identifier, for a rewritten file."""
    return old.with_metadata({**old.metadata, b"stream": uuid.uuid4().hex.encode()})


def names(table_schema: pa.Schema, axis: str) -> tuple[str, ...]:
    """Return the `layers` or `blocks` of the vector columns."""
    return tuple(json.loads(table_schema.metadata[axis.encode()]))


def row(measurement: Measurement, table_schema: pa.Schema) -> pa.RecordBatch:
    """Return one measurement as a record batch of one row.

    Raises:
        PlaygroundError: a vector has another length than the schema's.
    """
    columns = [
        pa.array([getattr(measurement, name)], kind, from_pandas=False)
        for name, kind, _ in _SCALARS
    ]
    for column, axis in _VECTORS:
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
