"""A worker that is killed at any moment loses nothing but time."""

from __future__ import annotations

import os
import random
from functools import partial
from pathlib import Path

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue
from resnet_core.jobs.engine import LocalProcesses
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run
from tests.small_runs import (
    ITERATIONS,
    Uninterrupted,
    begin,
    ended,
    killed,
    killed_at,
    recorded,
    wait_until,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")

STEPS = sorted(random.Random(2015).sample(range(1, ITERATIONS), 20))


@pytest.mark.sampled
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_random_step_it_ends_in_the_same_weights(
    home: Path,
    engine: LocalProcesses,
    experiment: Experiment,
    uninterrupted: Uninterrupted,
    step: int,
) -> None:
    run = next(
        run
        for _ in range(9)  # a few milliseconds before its end, the run may win the race
        if (run := killed_at(step, engine, queue.submit([experiment])[0])).state != "finished"
    )
    assert run.state == "interrupted"
    assert "was killed" in run.reason
    begin(engine, queue.resume(run.id))
    finished = ended(run.id)
    assert finished.state == "finished", finished.reason
    assert (finished.weights_sha256, recorded(finished)) == uninterrupted


def test_killed_during_a_save_it_ends_in_the_same_weights(
    home: Path, engine: LocalProcesses, experiment: Experiment, uninterrupted: Uninterrupted
) -> None:
    (run,) = queue.submit([experiment])
    for _ in range(50):
        handle = begin(engine, run)
        half = wait_until(partial(unfinished_or_over, run.id), "a save", every=0)
        run = killed(engine, handle)
        if run.state != "interrupted":
            (run,) = queue.submit([experiment])  # it had made its last save already
        elif any(path.exists() for path in half):  # nobody has tidied up: it died in the save
            break
        else:
            run = queue.resume(run.id)  # the save was over before the signal came
    else:
        pytest.fail("no save could be caught half-made")
    begin(engine, queue.resume(run.id))
    finished = ended(run.id)
    assert (finished.weights_sha256, recorded(finished)) == uninterrupted
    assert not list(of_run(run.id).checkpoints.glob(".unfinished-*"))


def test_killed_before_it_has_saved_anything_it_starts_from_the_beginning(
    home: Path, engine: LocalProcesses, experiment: Experiment, uninterrupted: Uninterrupted
) -> None:
    (run,) = queue.submit([experiment])
    run = killed(engine, begin(engine, run))
    assert run.state == "interrupted"
    assert "starts from the beginning" in run.reason
    begin(engine, queue.resume(run.id))
    finished = ended(run.id)
    assert (finished.weights_sha256, recorded(finished)) == uninterrupted


def test_killed_after_its_last_step_it_only_finishes(
    home: Path, engine: LocalProcesses, experiment: Experiment, uninterrupted: Uninterrupted
) -> None:
    """As if the kill had come between the last checkpoint and the word that it is finished."""
    (run,) = queue.submit([experiment])
    begin(engine, run)
    finished = ended(run.id)
    assert ITERATIONS in of_run(run.id).kept_iterations()
    interrupted_again(finished.id)
    begin(engine, queue.resume(run.id))
    assert ended(run.id).weights_sha256 == uninterrupted[0]


def unfinished_or_over(run_id: str) -> list[Path]:
    """The checkpoint that is just being written; the run's folder itself once it is finished."""
    folder = of_run(run_id)
    half = list(folder.checkpoints.glob(".unfinished-*"))
    return half or [folder.path] * (queries.run(run_id).state == "finished")


def interrupted_again(run_id: str) -> None:
    store.of_home().change(queries.run(run_id), {"finished"}, state="interrupted")
