"""What the supervisor relies on, whatever executes the workers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import laboratories, queue
from resnet_core.jobs.engine import Engine, Handle, LocalProcesses
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest, of_result
from resnet_core.runs import queries
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import ENDED, RunRecord
from resnet_core.system import environment
from tests.small_runs import begin, ended, wait_until

ENGINES = ("forking spare", "spare", "cold start")


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESIDUAL_PLAYGROUND_HOME", str(tmp_path_factory.mktemp("engine")))
        patch.setenv("RESIDUAL_PLAYGROUND_CHECKPOINT_SECONDS", "0.1")
        if request.param != "forking spare":
            patch.setenv("RESIDUAL_PLAYGROUND_FORK", "0")
        elif not environment.read().fork:
            pytest.skip("this system's workers do not fork")
        patch.setenv("RESIDUAL_PLAYGROUND_SPARES", "0" if request.param == "cold start" else "2")
        made = LocalProcesses()
        yield made
        made.close()


@pytest.fixture
def endless(home: Path, experiment: Experiment) -> RunRecord:
    long = experiment.changed(iterations=10_000_000, record_every=1000, evaluate_every=10_000)
    return queue.submit([long])[0]


def trains(run: RunRecord, beyond: int = 0) -> None:
    wait_until(lambda: queries.run(run.id).iteration > beyond, "training", seconds=120)


def test_a_worker_trains_to_the_end_and_is_then_dead(
    engine: Engine, home: Path, experiment: Experiment
) -> None:
    engine.prepare(1)
    (run,) = queue.submit([experiment])
    handle = begin(engine, run)
    finished = ended(run.id, seconds=120)
    assert finished.state == "finished", finished.reason
    assert len(finished.weights_sha256 or "") == 64
    wait_until(lambda: not engine.alive(handle), "the worker's end")
    engine.kill(handle)  # of one that has ended: nothing
    assert "cifar/resnet-8 on small" in of_run(run.id).log.read_text()


def test_a_worker_outlives_its_engine_and_is_found_by_what_the_index_knows(
    engine: Engine, endless: RunRecord
) -> None:
    engine.prepare(1)
    handle = begin(engine, endless)
    try:
        trains(endless)
        assert engine.alive(handle)

        engine.close()
        trains(endless, beyond=queries.run(endless.id).iteration + 5)
        run = queries.run(endless.id)
        known = Handle(run.id, run.pid, run.pid_created)
        other = type(engine)()
        assert other.alive(known)
    finally:
        engine.kill(handle)
    wait_until(lambda: not other.alive(known), "the worker's death")
    wait_until(lambda: not engine.alive(handle), "the same death")
    # A killed worker says nothing: the supervisor is to find out.
    assert queries.run(endless.id).state == "running"


def test_a_process_that_is_not_the_worker_is_never_taken_for_it(engine: Engine) -> None:
    stranger = Handle("20260101-aaaaaa", os.getpid(), 1.0)
    assert not engine.alive(stranger)
    engine.kill(stranger)  # or this test would not go on
    assert not engine.alive(Handle("20260101-aaaaaa"))


def test_a_worker_answers_a_laboratory(engine: Engine, home: Path) -> None:
    engine.prepare(1)
    order = LabRequest.create("lesion", images=10)
    lab_id = laboratories.submit(order)
    handle = engine.start(lab_id, of_result(lab_id).path)
    wait_until(lambda: results.read(lab_id).state in ENDED, "an answer", seconds=120)
    found = results.read(lab_id)
    assert found.state == "finished", found.reason
    assert found.sentences
    wait_until(lambda: not engine.alive(handle), "the worker's end")
    assert "lesion of paper-8000-plain-56-seed-0" in of_result(lab_id).log.read_text()
