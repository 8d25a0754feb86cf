"""Finished runs, made small enough to ship with the project in `assets/recorded`."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from resnet_core.errors import PlaygroundError, WrongState
from resnet_core.runs import queries
from resnet_core.runs.folder import RunFolder, read_run, write_run
from resnet_core.runs.record import RunRecord, check_id
from resnet_core.runs.store import wrong_state
from resnet_core.training.checkpoint.folder import WEIGHTS, verify_checkpoint

# A curve of a thousand pixels shows no more.
MOST_ROWS = 300


def record(
    ids: Iterable[str],
    folder: Path,
    group: str = "",
    *,
    id_prefix: str = "",
    weights: bool = False,
) -> list[Path]:
    """Write one recording a run: `run.json`, `experiment.json` and a thinned `telemetry.parquet`.

    Args:
        group: the name of the recordings together.
        id_prefix: the beginning of each one's id, which network and seed complete, so that it is
            found at the same address when it is made again; by default the group's name.
        weights: also write the final weights, `model.safetensors`.

    Raises:
        RunNotFound: there is no such run, or the name cannot be part of an id.
        WrongState: a run is not finished, or its final weights are gone.
    """
    return [_record(run_id, folder, group, id_prefix or group, weights) for run_id in ids]


def _record(run_id: str, folder: Path, group: str, id_prefix: str, weights: bool) -> Path:
    run = queries.run(run_id)
    if run.state != "finished":
        raise wrong_state("recording.not_finished", run)
    source = queries.folder(run)
    if not source.compacted.is_file():
        raise PlaygroundError("recording.no_telemetry", title=run.title)
    final = _final_weights(run) if weights else None
    shipped = _shipped(run, group, id_prefix)
    target = folder / shipped.id
    target.mkdir(parents=True, exist_ok=True)
    (target / "experiment.json").unlink(missing_ok=True)  # one that is made again
    write_run(target, shipped)
    rows = pyarrow.parquet.read_table(source.compacted)
    thinned = _single_precision(rows.take(pa.array(thinned_rows(rows))))
    pyarrow.parquet.write_table(
        thinned, target / "telemetry.parquet", compression="zstd", compression_level=19
    )
    if final is not None:
        shutil.copyfile(final, RunFolder(target).weights)
    return target


def record_earlier(run_id: str, recording: Path, iterations: Iterable[int]) -> list[Path]:
    """Put a run's earlier weights beside the recording of the same training.

    Args:
        run_id: repeats what was recorded, bit for bit, but may have kept more checkpoints.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it ends with other weights than the recording, or has none of an iteration.
        CheckpointError: those of an iteration are damaged.
    """
    run, shipped = queries.run(run_id), read_run(recording)
    if not run.weights_sha256 or run.weights_sha256 != shipped.weights_sha256:
        raise WrongState("recording.other_weights", title=run.title, recording=shipped.id)
    source, target = queries.folder(run), RunFolder(recording)
    written = []
    for iteration in iterations:
        checkpoint = source.checkpoint(iteration)
        if not checkpoint.is_dir():
            raise WrongState(
                "recording.no_checkpoint",
                title=run.title,
                iteration=iteration,
                iterations=source.kept_iterations(),
            )
        verify_checkpoint(checkpoint, [WEIGHTS])
        path = target.earlier_weights(iteration)
        path.parent.mkdir(exist_ok=True)
        shutil.copyfile(checkpoint / WEIGHTS, path)
        written.append(path)
    return written


def _final_weights(run: RunRecord) -> Path:
    weights = queries.weights(run)
    if weights.iteration != run.iteration:
        raise WrongState("recording.not_final", title=run.title, iteration=weights.iteration)
    return weights.path


def _shipped(run: RunRecord, group: str, id_prefix: str) -> RunRecord:
    """The run without what holds on the machine that trained it only: process and paths."""
    experiment = run.experiment.changed(data=Path(run.experiment.data).name)
    network = experiment.network.partition("/")[2]
    named = check_id(f"{id_prefix}-{network}-seed-{experiment.seed}") if id_prefix else run.id
    return dataclasses.replace(
        run,
        id=named,
        group=group or run.group,
        experiment=experiment,
        pid=None,
        pid_created=None,
    )


def thinned_rows(rows: pa.Table, most: int = MOST_ROWS) -> NDArray[np.intp]:
    """Return the indices of at most `most` rows, first, last, evaluated ones, evenly spaced."""
    if rows.num_rows <= most:
        return np.arange(rows.num_rows)
    evaluated = np.flatnonzero(~np.isnan(rows.column("train_error").to_numpy()))
    evaluated = _even(evaluated, most)
    others = np.setdiff1d(np.arange(rows.num_rows), evaluated)
    indices = np.union1d(evaluated, _even(others, most - len(evaluated)))
    # The ends belong to every recording, whatever was evaluated there.
    indices[0], indices[-1] = 0, rows.num_rows - 1
    return indices


def _even(indices: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    if len(indices) <= most:
        return indices
    return indices[np.unique(np.linspace(0, len(indices) - 1, most).round().astype(int))]


def _single_precision(rows: pa.Table) -> pa.Table:
    """float64 columns as float32: 7 digits, of which a picture shows 3."""
    fields = [
        field.with_type(pa.float32()) if pa.types.is_float64(field.type) else field
        for field in rows.schema
    ]
    return rows.cast(pa.schema(fields, metadata=rows.schema.metadata))
