"""Runs that are there when a test begins, so small that they cost next to nothing."""

from __future__ import annotations

from pathlib import Path

from resnet_core.jobs import queue, supervisor
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from tests.small_runs import ended, small, wait_until

ITERATIONS = 200
ENDLESS = 1_000_000


def finished_twins(data: Path) -> list[RunRecord]:
    """A plain and a residual network of 8 layers, started together and trained to the end.

    The same ones whenever they are asked for in the same home folder.
    """
    group = "twins"
    known = queries.group(group)
    if not known:
        settings = {"iterations": ITERATIONS, "record_every": 5, "learning_rate": 0.05}
        networks = ("cifar/plain-8", "cifar/resnet-8")
        known = queue.submit([small(data, network=n, **settings) for n in networks], group)
        supervisor.ensure_running()
    runs = [ended(run.id, 120) for run in known]
    assert [run.state for run in runs] == ["finished"] * 2, [run.reason for run in runs]
    return runs


def running(data: Path, **changes: object) -> RunRecord:
    """A run under way that ends when a test says so, or long after."""
    settings = {"iterations": ENDLESS, "record_every": 20, "evaluate_every": 1000}
    (run,) = queue.submit([small(data, **{**settings, **changes})])
    supervisor.ensure_running()
    return reached(run.id, 1)


def reached(run_id: str, iteration: int, seconds: float = 120.0) -> RunRecord:
    """The run, once the index knows it to have come so far."""
    return wait_until(
        lambda: (run := queries.run(run_id)).iteration >= iteration and run,
        f"iteration {iteration} of {run_id}",
        seconds,
    )


def state_of(run_id: str, *states: str, seconds: float = 120.0) -> RunRecord:
    """The run, once it is in one of these states."""
    return wait_until(
        lambda: (run := queries.run(run_id)).state in states and run,
        f"{run_id} being {' or '.join(states)} ({queries.run(run_id).state})",
        seconds,
    )
