"""Runs for the tests of the app, written through the index and the real stream writer.

Their numbers are made up and never leave the tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from resnet_core.anatomy.describe import describe
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord, State
from resnet_core.telemetry.events import Measurement, Started
from resnet_core.telemetry.stream import StreamWriter, compact

Rate = Callable[[int], float]
ITERATIONS = 400
EVERY = 10


def put_on_record(
    run_id: str,
    network: str = "cifar/plain-20",
    *,
    state: State = "finished",
    iterations: int = ITERATIONS,
    reached: int | None = None,
    final_error: float = 20.0,
    measured: bool = True,
    rate: Rate = lambda _: 0.1,
    fields: dict[str, object] | None = None,
    **settings: object,
) -> RunRecord:
    """A run that is in the index and has measured something.

    Args:
        reached: the iteration it has come to; all by default.
        final_error: training error at the end, percent.
        measured: whether there is telemetry at all.
        rate: the learning rate of an iteration.
        fields: of the `RunRecord`.
        settings: of the `Experiment`.
    """
    common = {"width": 8, "image_size": 16, "record_every": EVERY, "evaluate_every": 50}
    experiment = Experiment.create(network=network, iterations=iterations, **{**common, **settings})
    end = iterations if reached is None else reached
    facts = {
        "state": state,
        "iteration": end,
        "train_error": final_error if state == "finished" else None,
        "test_error": final_error + 1 if state == "finished" else None,
        "data_title": "shapes (embedded)",
        "hardware": "a test's machine",
        "created": time.time(),
    }
    record = RunRecord(id=run_id, experiment=experiment, **{**facts, **(fields or {})})
    store.of_home().add([record])
    if measured:
        write_stream(record, range(0, end + 1, EVERY), final_error, rate)
        if state == "finished":
            folder = of_run(run_id)
            compact(folder.stream, folder.compacted)
            folder.stream.unlink()
    return record


def write_stream(
    record: RunRecord,
    iterations: Iterable[int],
    final_error: float = 20.0,
    rate: Rate = lambda _: 0.1,
) -> None:
    """Append measurements, as a worker does."""
    folder = of_run(record.id)
    with StreamWriter(folder.stream, started(record.experiment)) as writer:
        for iteration in iterations:
            measured = measurement(record.experiment, iteration, final_error)
            writer.append(replace(measured, learning_rate=rate(iteration)))


def started(experiment: Experiment) -> Started:
    found = describe(experiment.network_spec())
    return Started(
        iteration=0,
        layers=tuple(found.layers_3x3),
        blocks=tuple(found.block_names),
        parameters=found.parameters,
        data="shapes (embedded)",
        train_images=5120,
        test_images=1000,
        device="cpu",
        precision="fp32",
        backend="eager",
        threads=1,
    )


def measurement(experiment: Experiment, iteration: int, final_error: float) -> Measurement:
    """Errors that fall from 90 % to the final one; layers that differ and move."""
    facts = started(experiment)
    share = iteration / experiment.iterations
    error = 90 + (final_error - 90) * share
    layers = np.arange(1, len(facts.layers) + 1, dtype=np.float32)
    evaluated = iteration > 0 and iteration % experiment.evaluate_every == 0
    noise = (1 - share) * float(np.random.default_rng([experiment.seed, iteration]).uniform(-1, 1))
    return Measurement(
        iteration=iteration,
        epoch=iteration / 40,
        seconds=iteration * 0.05,
        loss=2.3 * (1 - share) + 0.1,
        running_error=None if iteration == 0 else error + noise,
        train_error=error if evaluated else None,
        test_error=error + 1 if evaluated else None,
        learning_rate=0.1,
        images_per_second=2000.0,
        response_std=(1 + np.sin(layers) * 0.3 + share).astype(np.float32),
        gradient_norm=(0.1 * np.exp(-layers / 20) * (2 - share)).astype(np.float32),
        branch_ratio=np.ones(len(facts.blocks), np.float32),
        audit_error=1e-4 if iteration == 0 else None,
    )
