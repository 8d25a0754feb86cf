"""A run's curves as TensorBoard's event files, for which the package tensorboard is needed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resnet_core.errors import WrongState
from resnet_core.runs import queries
from resnet_core.runs.curves import Telemetry

# Columns of the telemetry, by the names under which TensorBoard groups them.
SCALARS = {
    "loss": "loss",
    "running_error": "error/running",
    "train_error": "error/training",
    "test_error": "error/test",
    "learning_rate": "learning_rate",
    "images_per_second": "images_per_second",
}


def write(run_id: str, folder: Path) -> None:
    """Write one event file; a measurement is one event, its step the iteration.

    An event's time is when the run was begun plus the training time so far, pauses left out.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it has measured nothing yet.
        OSError: the folder cannot be written to.
    """
    from tensorboard.compat.proto.event_pb2 import Event, SourceMetadata
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    run = queries.run(run_id)
    telemetry = queries.telemetry(run_id)
    if telemetry.frame.empty:
        raise WrongState("export.nothing_measured", title=run.title)
    begun = run.started or run.created
    source = SourceMetadata(writer="residual-playground")
    with (folder / f"events.out.tfevents.{begun:010.0f}.{run.id}").open("wb") as file:
        writer = RecordWriter(file)
        first = Event(wall_time=begun, file_version="brain.Event:2", source_metadata=source)
        writer.write(first.SerializeToString())
        for iteration, seconds, values in measurements(telemetry):
            summary = Summary(value=[Summary.Value(tag=k, simple_value=v) for k, v in values])
            event: Any = Event(wall_time=begun + seconds, step=iteration, summary=summary)
            writer.write(event.SerializeToString())


def measurements(telemetry: Telemetry) -> Iterator[tuple[int, float, list[tuple[str, float]]]]:
    """Yield each measurement's iteration, training time in seconds, and values by their tags.

    Values that were not measured are left out.
    """
    vectors = (
        ("response_std", telemetry.layers, telemetry.response_std),
        ("gradient_norm", telemetry.layers, telemetry.gradient_norm),
        ("branch_ratio", telemetry.blocks, telemetry.branch_ratio),
    )
    for row, scalars in enumerate(telemetry.frame.to_dict("records")):
        values = [(tag, scalars.get(column)) for column, tag in SCALARS.items()]
        values += [
            (f"{name}/{place}", float(value))
            for name, places, matrix in vectors
            for place, value in zip(places, matrix[row], strict=True)
        ]
        measured = [(tag, float(v)) for tag, v in values if v is not None and not math.isnan(v)]
        yield int(scalars["iteration"]), float(scalars["seconds"]), measured
