"""Runs small enough to be killed and resumed dozens of times a minute, for jobs and faults."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue, supervisor
from resnet_core.jobs.engine import Handle, LocalProcesses
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import ACTIVE, RunRecord
from resnet_core.system import home as home_module

Result = TypeVar("Result")
# SHA-256 of the weights, and the iterations that were recorded.
Uninterrupted = tuple[str, list[int]]
ITERATIONS = 40


def wait_until(
    condition: Callable[[], Result | None], what: str, seconds: float = 120.0, every: float = 0.01
) -> Result:
    """The condition's first true value.

    Raises:
        TimeoutError: it took longer than `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(every)
    return found


def small(data: Path, **changes: object) -> Experiment:
    """A residual net of 8 layers and 4 filters on 8x8 images, 40 iterations."""
    settings = {
        "network": "cifar/resnet-8",
        "width": 4,
        "data": str(data),
        "batch_size": 8,
        "iterations": ITERATIONS,
        "crop_padding": 1,
        "record_every": 1,
        "evaluate_every": 20,
        "evaluation_images": 20,
        "audit_every": 0,
        "keep_checkpoints": 2,
        "device": "cpu",
        "precision": "fp32",
    }
    return Experiment.create(**{**settings, **changes})


def begin(engine: LocalProcesses, run: RunRecord) -> Handle:
    """Do the supervisor's part for one queued run."""
    index = store.of_home()
    claimed = index.claim()
    assert claimed is not None
    assert claimed.id == run.id
    handle = engine.start(run.id, of_run(run.id).path)
    index.report(run.id, pid=handle.pid, pid_created=handle.pid_created)
    return handle


def ended(run_id: str, seconds: float = 120.0) -> RunRecord:
    """The run, once it is neither queued nor running."""
    return wait_until(
        lambda: (run := queries.run(run_id)).state not in ACTIVE and run,
        f"the end of {run_id} ({queries.run(run_id).state})",
        seconds,
    )


def trained(engine: LocalProcesses, experiment: Experiment) -> RunRecord:
    """A run from its beginning to its end, uninterrupted."""
    (run,) = queue.submit([experiment])
    begin(engine, run)
    run = ended(run.id)
    assert run.state == "finished", run.reason
    return run


def recorded(run: RunRecord) -> list[int]:
    """The iterations of which there is a measurement."""
    return [int(iteration) for iteration in queries.telemetry(run.id).frame["iteration"]]


def killed_at(step: int, engine: LocalProcesses, run: RunRecord) -> RunRecord:
    """Begin a run and SIGKILL its worker once it has recorded this step."""
    handle = begin(engine, run)
    wait_until(lambda: step <= max(recorded(run), default=-1), f"step {step}", every=0.001)
    return killed(engine, handle)


def killed(engine: LocalProcesses, handle: Handle) -> RunRecord:
    """SIGKILL a worker; the run as the supervisor would then find it."""
    assert handle.pid is not None
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself just now
        os.kill(handle.pid, signal.SIGKILL)
    wait_until(lambda: not engine.alive(handle), "the worker's death")
    run = queries.run(handle.job_id)
    if run.state == "running":
        supervisor.end_if_dead(store.of_home(), run, engine.alive)
    return queries.run(handle.job_id)


@pytest.fixture(scope="session")
def experiment(small_data: Path) -> Experiment:
    return small(small_data)


@pytest.fixture(scope="session")
def uninterrupted(
    engine: LocalProcesses, experiment: Experiment, tmp_path_factory: pytest.TempPathFactory
) -> Uninterrupted:
    """What `experiment` comes to when nobody disturbs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(home_module.VARIABLE, str(tmp_path_factory.mktemp("uninterrupted")))
        run = trained(engine, experiment)
        assert run.weights_sha256
        return run.weights_sha256, recorded(run)


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 images of 8x8 pixels in 4 classes, told apart by their brightness."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    random = np.random.default_rng(0)
    labels = np.arange(80) % 4
    images = random.integers(0, 64, (80, 8, 8, 3)) + 48 * labels[:, None, None, None]
    np.savez(path, images=images.astype(np.uint8), labels=labels)
    return path


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProcesses]:
    """One engine with a warm worker for all tests; it saves checkpoints all the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(home_module.VARIABLE, str(tmp_path_factory.mktemp("engine")))
        patch.setenv("RESIDUAL_PLAYGROUND_CHECKPOINT_SECONDS", "0.1")
        warm = LocalProcesses()
        warm.prepare(1)
    yield warm
    warm.close()
