"""Real workers: pause, stop, signals, divergence, forks, retries."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue
from resnet_core.jobs.engine import LocalProcesses
from resnet_core.jobs.worker.training import lasting_iterations
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord
from tests.small_runs import Uninterrupted, begin, ended, recorded, trained, wait_until


def until_step(run: RunRecord, step: int) -> None:
    wait_until(lambda: step <= max(recorded(run), default=-1), f"step {step}", every=0.001)


@pytest.fixture
def long(home: Path, experiment: Experiment) -> Experiment:
    """Of no foreseeable end."""
    return experiment.changed(
        iterations=10_000_000, milestones=(9_000_000,), record_every=5, evaluate_every=100
    )


def test_a_finished_run_is_told_in_full(
    home: Path, engine: LocalProcesses, experiment: Experiment
) -> None:
    run = trained(engine, experiment)
    assert run.iteration == experiment.iterations
    assert run.train_error is not None
    assert run.test_error is not None
    assert run.seconds > 0
    assert run.started is not None
    assert run.ended is not None
    assert run.started <= run.ended
    assert (run.pid, run.request) == (None, None)
    assert (run.device, run.precision, run.threads) == ("cpu", "fp32", 1)
    assert run.hardware
    assert f"torch {torch.__version__}" in run.software
    assert run.reason == "All 40 iterations were made."
    telemetry = queries.telemetry(run.id)
    assert recorded(run) == list(range(41))
    assert telemetry.frame["train_error"].dropna().iloc[-1] == run.train_error
    assert telemetry.response_std.shape == (41, len(telemetry.layers)) == (41, 7)
    assert telemetry.branch_ratio.shape == (41, 3)
    folder = of_run(run.id)
    assert folder.compacted.exists()
    wait_until(lambda: not folder.stream.exists(), "the stream, compacted, to go")
    assert {20, 40} <= set(folder.kept_iterations())
    log = queries.log_tail(run.id)
    assert "finished: All 40 iterations were made." in log
    assert "Traceback" not in log


def test_paused_and_resumed_twice_it_ends_in_the_same_weights(
    home: Path, engine: LocalProcesses, experiment: Experiment, uninterrupted: Uninterrupted
) -> None:
    (run,) = queue.submit([experiment])
    for step in (3, 15):
        begin(engine, run)
        until_step(run, step)
        queue.pause(run.id)
        paused = ended(run.id)
        assert paused.state == "paused"
        assert paused.reason == f"Paused at iteration {paused.iteration}; resume it to go on."
        assert of_run(run.id).kept_iterations()[-1] == paused.iteration >= step
        assert paused.request is None
        run = queue.resume(run.id)
    begin(engine, run)
    finished = ended(run.id)
    assert (finished.weights_sha256, recorded(finished)) == uninterrupted
    seconds = queries.telemetry(run.id).frame["seconds"]
    assert seconds.is_monotonic_increasing


def test_a_run_asked_to_stop_before_it_began_stops_at_once(
    home: Path, engine: LocalProcesses, long: Experiment
) -> None:
    (run,) = queue.submit([long])
    store.of_home().claim()
    queue.stop(run.id)
    engine.start(run.id, of_run(run.id).path)
    stopped = ended(run.id)
    assert stopped.state == "stopped"
    assert stopped.iteration <= 1


def test_progress_is_on_record_while_it_trains(
    home: Path, engine: LocalProcesses, long: Experiment
) -> None:
    (run,) = queue.submit([long])
    handle = begin(engine, run)
    found = wait_until(
        lambda: (r := queries.run(run.id)).images_per_second and r.train_error is not None and r,
        "a rate and an error",
    )
    assert found.state == "running"
    assert found.pid == handle.pid
    assert found.seconds_left is not None
    assert found.seconds_left > 0
    later = wait_until(
        lambda: (r := queries.run(run.id)).iteration > found.iteration and r, "progress"
    )
    assert later.heartbeat > found.heartbeat
    queue.stop(run.id, now=True)
    assert queries.run(run.id).state == "stopped"
    assert "stopped at once" in queries.run(run.id).reason
    wait_until(lambda: not engine.alive(handle), "the worker's death")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_a_shutdown_saves_the_state_and_says_so(
    home: Path, engine: LocalProcesses, long: Experiment
) -> None:
    (run,) = queue.submit([long])
    handle = begin(engine, run)
    until_step(run, 5)
    assert handle.pid is not None
    os.kill(handle.pid, signal.SIGTERM)
    stopped = ended(run.id)
    assert stopped.state == "stopped"
    assert "asked the worker to end" in stopped.reason
    assert of_run(run.id).kept_iterations()[-1] == stopped.iteration


def test_a_run_that_diverges_keeps_its_last_good_checkpoint_and_advises(
    home: Path, engine: LocalProcesses, experiment: Experiment
) -> None:
    wild = experiment.changed(
        batch_norm=False, learning_rate=100.0, iterations=2000, keep_checkpoints=1000
    )
    (run,) = queue.submit([wild])
    begin(engine, run)
    diverged = ended(run.id)
    assert diverged.state == "diverged"
    assert diverged.reason.startswith("The loss was ")
    assert "Without batch normalisation" in diverged.reason
    assert recorded(diverged)[-1] <= diverged.iteration
    assert all(saved <= diverged.iteration for saved in of_run(run.id).kept_iterations())


def test_a_retry_comes_to_the_same_weights_from_the_beginning(
    home: Path, engine: LocalProcesses, experiment: Experiment, uninterrupted: Uninterrupted
) -> None:
    run = trained(engine, experiment)
    again = queue.retry(run.id)
    assert recorded(again) == []
    begin(engine, again)
    finished = ended(run.id)
    assert finished.attempt == 1
    assert (finished.weights_sha256, recorded(finished)) == uninterrupted


def test_two_workers_never_train_one_run(
    home: Path, engine: LocalProcesses, long: Experiment
) -> None:
    (run,) = queue.submit([long])
    first = begin(engine, run)
    until_step(run, 5)
    second = engine.start(run.id, of_run(run.id).path)
    wait_until(lambda: not engine.alive(second), "the second worker's withdrawal")
    assert "Another worker has this job" in queries.log_tail(run.id, 5)
    assert engine.alive(first)
    assert queries.run(run.id).pid == first.pid
    queue.stop(run.id, now=True)


def test_a_finished_run_is_not_trained_again(
    home: Path, engine: LocalProcesses, experiment: Experiment
) -> None:
    run = trained(engine, experiment)
    handle = engine.start(run.id, of_run(run.id).path)
    wait_until(lambda: not engine.alive(handle), "its refusal")
    assert "there is nothing to compute" in queries.log_tail(run.id, 1)
    assert queries.run(run.id) == run


def test_a_fork_starts_as_its_parent_stood_and_counts_on(
    home: Path, engine: LocalProcesses, experiment: Experiment
) -> None:
    parent = trained(engine, experiment)
    child = queue.fork(parent.id, 20, iterations=50, learning_rate=0.01, milestones=(45,))
    begin(engine, child)
    finished = ended(child.id)
    assert finished.state == "finished", finished.reason
    assert recorded(finished) == list(range(20, 51))
    assert finished.iteration == 50
    assert {35, 50} <= set(of_run(child.id).kept_iterations())
    frame = queries.telemetry(child.id).frame.set_index("iteration")
    # Its schedule is that of the same iterations.
    assert frame["learning_rate"][[21, 45, 46]].tolist() == pytest.approx([0.01, 0.01, 0.001])
    assert [r.id for r in queries.family(parent.id)] == [parent.id, child.id]
    # The weights are the parent's: what they respond is near what they responded there.
    at_parent = queries.telemetry(parent.id).response_std[20]
    at_start, untrained = (
        queries.telemetry(child.id).response_std[0],
        queries.telemetry(parent.id).response_std[0],
    )
    assert np.abs(at_start - at_parent).max() < np.abs(untrained - at_parent).max() / 2


def test_a_fork_paused_and_resumed_ends_in_the_same_weights(
    home: Path, engine: LocalProcesses, experiment: Experiment
) -> None:
    parent = trained(engine, experiment)
    plain = {"network": "cifar/plain-8", "iterations": 60}
    straight, broken = (queue.fork(parent.id, 20, **plain) for _ in range(2))
    begin(engine, straight)
    expected = ended(straight.id)
    assert expected.state == "finished", expected.reason
    begin(engine, broken)
    until_step(broken, 30)
    queue.pause(broken.id)
    assert ended(broken.id).state == "paused"
    begin(engine, queue.resume(broken.id))
    finished = ended(broken.id)
    assert finished.weights_sha256 == expected.weights_sha256 != parent.weights_sha256
    assert recorded(finished) == recorded(expected) == list(range(20, 61))


def test_a_fork_without_bn_goes_on_from_the_same_function(
    home: Path, engine: LocalProcesses, experiment: Experiment
) -> None:
    parent = trained(engine, experiment)
    child = queue.fork(parent.id, 40, batch_norm=False, iterations=44, learning_rate=1e-9)
    begin(engine, child)
    finished = ended(child.id)
    assert finished.state == "finished", finished.reason
    # The rate moves nothing: the error is the parent's, BN folded into the convolutions.
    assert finished.test_error == parent.test_error


def test_a_retried_fork_starts_again_from_its_parent(
    home: Path, engine: LocalProcesses, experiment: Experiment
) -> None:
    parent = trained(engine, experiment)
    child = queue.fork(parent.id, 20)
    begin(engine, child)
    first = ended(child.id)
    begin(engine, queue.retry(child.id))
    second = ended(child.id)
    assert first.weights_sha256 == second.weights_sha256
    assert recorded(second) == list(range(20, 41))


@pytest.mark.parametrize(
    ("iterations", "keep", "first", "expected"),
    [
        (400, 4, 0, {100, 200, 300, 400}),
        (10, 3, 0, {3, 6, 10}),
        (3, 8, 0, {1, 2, 3}),
        (100, 0, 0, {100}),
        (100, 1, 0, {100}),
        (100, 2, 60, {80, 100}),
        (61, 8, 60, {61}),
    ],
)
def test_kept_checkpoints_are_evenly_spaced_and_the_last_is_always_kept(
    iterations: int, keep: int, first: int, expected: set[int]
) -> None:
    experiment = Experiment.create(iterations=iterations, keep_checkpoints=keep)
    assert lasting_iterations(experiment, first) == expected
