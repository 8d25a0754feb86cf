"""A worker that reads pictures: killed it loses nothing but time, and it leaves nobody behind."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue
from resnet_core.jobs.engine import LocalProcesses
from resnet_core.jobs.worker.evaluation import evaluate, evaluate_views
from resnet_core.runs import queries
from tests.picture_folders import draw_folder
from tests.small_runs import begin, ended, killed_at, recorded, trained, wait_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")

PATIENCE = 280.0  # seconds, on a busy machine


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return Experiment.create(
        network="imagenet/resnet-18",
        data=str(draw_folder(tmp_path / "pictures")),
        image_size=32,
        batch_size=6,
        iterations=4,
        schedule="plateau",
        plateau_evaluations=1,
        record_every=1,
        evaluate_every=2,
        audit_every=0,
        device="cpu",
        precision="fp32",
    )


@pytest.mark.timeout(600)
def test_killed_and_resumed_it_ends_in_the_same_weights(
    home: Path, engine: LocalProcesses, experiment: Experiment
) -> None:
    whole = trained(engine, experiment)
    run = killed_at(2, engine, queue.submit([experiment])[0])
    assert run.state == "interrupted"
    begin(engine, queue.resume(run.id))
    finished = ended(run.id, PATIENCE)
    assert finished.state == "finished", finished.reason
    assert finished.weights_sha256 == whole.weights_sha256
    assert recorded(finished) == recorded(whole) == list(range(5))
    single = evaluate_views(run.id, "single")
    assert single["top1_error"] == pytest.approx(evaluate(run.id)["test_error"])
    assert (single["top5_error"], single["n"]) == (None, 12)
    fork = queue.fork(run.id, 4, network="imagenet/plain-18", iterations=5)
    assert fork.title == "plain-18 from imagenet resnet-18 · seed 0 at 4"
    with pytest.raises(InvalidSetting, match="images of other kinds"):
        queue.fork(run.id, 4, network="cifar/plain-20", iterations=5)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("request_", ["pause", "stop"])
def test_asked_to_end_its_process_ends(
    home: Path, engine: LocalProcesses, experiment: Experiment, request_: str
) -> None:
    (run,) = queue.submit([experiment.changed(iterations=100_000)])
    handle = begin(engine, run)
    wait_until(lambda: len(recorded(run)) > 2, "two updates", PATIENCE)
    assert handle.pid is not None
    process = psutil.Process(handle.pid)
    assert process.children(recursive=True) == []  # the decoders are threads
    getattr(queue, request_)(run.id)
    ended(run.id, PATIENCE)
    wait_until(lambda: not engine.alive(handle), "the process's end", PATIENCE)
    assert queries.run(run.id).iteration >= 2


@pytest.mark.timeout(600)
def test_a_bad_picture_fails_the_run_with_its_name(
    home: Path, engine: LocalProcesses, experiment: Experiment
) -> None:
    bad = sorted(Path(experiment.data).glob("train/*/*"))[7]
    bad.write_bytes(bad.read_bytes()[:200])
    (run,) = queue.submit([experiment])
    handle = begin(engine, run)
    failed = ended(run.id, PATIENCE)
    assert failed.state == "failed"
    assert f"{bad.name} cannot be read as an image" in failed.reason
    wait_until(lambda: not engine.alive(handle), "the process's end", PATIENCE)
