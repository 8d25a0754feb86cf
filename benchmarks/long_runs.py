"""Input that pages are slow with: a thousand runs, and runs of 64k iterations and 110 layers.

Written by the project's own writers into a temporary home folder, as input for benchmarks;
the numbers are made up and are no results.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from unittest import mock

import numpy as np

from resnet_core.anatomy.describe import describe
from resnet_core.anatomy.facts import Anatomy
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import store
from resnet_core.runs.folder import RunFolder, of_run
from resnet_core.runs.record import RunRecord, State
from resnet_core.system import processes
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Measurement, Started
from resnet_core.telemetry.stream import StreamWriter

ITERATIONS = 64_000
_STATES: tuple[State, ...] = ("finished", "stopped", "failed", "paused")
_NETWORKS = ("plain-20", "resnet-20", "plain-56", "resnet-56", "resnet-110")
# Four experiments of 109 layers of 3x3 that share the names of layers and blocks.
_DEEP = (("plain-110", "A"), ("resnet-110", "A"), ("resnet-110", "B"), ("resnet-110", "C"))


def add_many(count: int = 1000) -> None:
    """Ended runs of an hour ago and before, five to a group."""
    now = time.time()
    records = [
        RunRecord(
            id=f"many-{number:05d}",
            experiment=_experiment(_NETWORKS[number % 5], seed=number // 5),
            state=_STATES[number % 4],
            created=now - 3600 - 60 * number,
            group=f"group-{number // 5:05d}",
            data_title="none",
            iteration=ITERATIONS,
            train_error=number % 50,
        )
        for number in range(count)
    ]
    with _unsynced():
        store.of_home().add(records)


def add_long(every: int, iterations: int = ITERATIONS) -> tuple[str, ...]:
    """Four finished runs, started together, with a record every so many iterations; their ids."""
    ids = tuple(f"long-{every}-{number}" for number in range(len(_DEEP)))
    created = time.time()
    records = [
        RunRecord(
            id=run_id,
            experiment=_experiment(network, shortcut=shortcut, record_every=every),
            state="finished",
            created=created,
            group=f"long-{every}",
            data_title="none",
            iteration=iterations,
        )
        for run_id, (network, shortcut) in zip(ids, _DEEP, strict=True)
    ]
    with _unsynced():
        store.of_home().add(records)
        first = of_run(ids[0])
        with writer(records[0]) as written:
            for iteration in range(0, iterations + 1, every):
                written.append(measurement(records[0], iteration))
        stream.compact(first.stream, first.compacted)
        first.stream.unlink()
    for other in map(of_run, ids[1:]):
        shutil.copyfile(first.compacted, other.compacted)
    return ids


def add_running(run_id: str) -> RunRecord:
    """A run that this very process is the worker of."""
    record = RunRecord(
        id=run_id,
        experiment=_experiment("resnet-56"),
        state="running",
        created=time.time(),
        data_title="none",
        iteration=1,
    )
    index = store.of_home()
    index.add([record])
    index.report(run_id, pid=os.getpid(), pid_created=processes.created(os.getpid()))
    return record


def writer(record: RunRecord) -> StreamWriter:
    """Of the run's telemetry, as its worker has one."""
    folder: RunFolder = of_run(record.id)
    network = _anatomy(record.experiment)
    return StreamWriter(
        folder.stream,
        Started(
            iteration=0,
            layers=network.layers_3x3,
            blocks=network.block_names,
            parameters=network.parameters,
            data="none",
            train_images=1,
            test_images=1,
            device="cpu",
            precision="fp32",
            backend="eager",
            threads=1,
        ),
    )


def measurement(record: RunRecord, iteration: int) -> Measurement:
    """Noise in every layer: nothing here is easier to send than a real run would be."""
    random = np.random.default_rng(iteration)
    network = _anatomy(record.experiment)
    error = 90.0 * float(np.exp(-iteration / 20_000)) + float(random.uniform(0, 3))
    evaluated = iteration % 1000 == 0
    return Measurement(
        iteration=iteration,
        epoch=iteration / 391,
        seconds=iteration / 100,
        loss=1.0,
        running_error=error,
        train_error=error if evaluated else None,
        test_error=error + 1 if evaluated else None,
        learning_rate=0.1,
        images_per_second=1.0,
        response_std=random.random(len(network.layers_3x3), dtype=np.float32),
        gradient_norm=random.random(len(network.layers_3x3), dtype=np.float32),
        branch_ratio=random.random(len(network.block_names), dtype=np.float32),
        audit_error=None,
    )


@lru_cache(maxsize=8)
def _anatomy(experiment: Experiment) -> Anatomy:
    return describe(experiment.network_spec())


def _experiment(network: str, **settings: object) -> Experiment:
    return Experiment.create(network=f"cifar/{network}", iterations=ITERATIONS, **settings)


@contextmanager
def _unsynced() -> Iterator[None]:
    """A temporary folder need not outlive a power cut; a thousand runs sync for half a minute."""
    with mock.patch("os.fsync"):
        yield
