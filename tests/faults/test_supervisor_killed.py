"""The supervisor dies; its workers go on, and the next supervisor takes over."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue, supervisor
from resnet_core.runs import queries, store
from resnet_core.runs.record import RunRecord
from resnet_core.system import processes
from tests.small_runs import ended, wait_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")


@pytest.fixture
def served(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home folder with a supervisor of two slots; whatever runs there is killed at the end."""
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_SLOTS", "2")
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_CHECKPOINT_SECONDS", "0.2")
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_IDLE_SECONDS", "30")
    supervisor.ensure_running()
    wait_until(supervisor.is_running, "the supervisor")
    try:
        yield home
    finally:
        last = supervisor.identity()
        assert last is not None
        processes.kill(last.pid, last.created)
        for run in store.of_home().in_states({"running"}):
            if run.pid is not None:
                processes.kill(run.pid, run.pid_created)


def running(run_id: str) -> RunRecord:
    """The run, once its worker trains."""
    return wait_until(
        lambda: (run := queries.run(run_id)).state == "running" and run.iteration > 0 and run,
        f"the start of {run_id}",
        seconds=120,
    )


def test_workers_go_on_and_the_next_supervisor_adopts_them(
    served: Path, experiment: Experiment
) -> None:
    endless = experiment.changed(iterations=10_000_000, record_every=1000, evaluate_every=10_000)
    first, second, third = queue.submit([endless.changed(seed=seed) for seed in range(3)])
    before = [running(first.id), running(second.id)]
    assert queries.run(third.id).state == "queued"
    old = supervisor.identity()
    assert old is not None

    os.kill(old.pid, signal.SIGKILL)
    wait_until(lambda: not supervisor.is_running(), "the supervisor's death")
    for run in before:
        wait_until(
            lambda run=run: queries.run(run.id).iteration > run.iteration + 10,
            f"{run.id} going on",
        )

    supervisor.ensure_running()
    wait_until(supervisor.is_running, "the next supervisor")
    assert supervisor.identity() != old
    # A slot that an adopted run frees goes to the queue, and only then.
    assert queries.run(third.id).state == "queued"
    queue.stop(first.id)
    assert ended(first.id).state == "stopped"
    assert running(third.id).state == "running"
    assert [queries.run(run.id).pid for run in before[1:]] == [before[1].pid]

    # It notices the death of a worker that is no child of its own.
    assert before[1].pid is not None
    os.kill(before[1].pid, signal.SIGKILL)
    interrupted = ended(second.id)
    assert interrupted.state == "interrupted"
    assert "goes on from iteration" in interrupted.reason


def test_a_second_supervisor_leaves_at_once(served: Path) -> None:
    first = supervisor.identity()
    second = processes.start(["supervise"])
    assert second.wait(timeout=60) == 0
    assert supervisor.identity() == first
    assert supervisor.is_running()


def test_its_waiting_workers_die_with_it(served: Path) -> None:
    last = supervisor.identity()
    assert last is not None
    (spare,) = wait_until(lambda: psutil.Process(last.pid).children(), "a waiting worker")
    os.kill(last.pid, signal.SIGKILL)
    wait_until(lambda: not processes.alive(spare.pid, spare.create_time()), "the spare's end")
