"""Short runs: alone, at once, refused, and ended with whoever asked for them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.dial.run import scaled_shortcuts
from resnet_core.labs.tools import short_runs, trained_network
from resnet_core.labs.tools.short_runs import ShortRun
from resnet_core.networks.catalog import build
from resnet_core.telemetry.events import Diverged, Finished, Measurement
from tests.children import Children

ROOT = Path(__file__).resolve().parents[4]
DEADLINE = 60.0  # seconds; far more than needed


def tiny(**fields: object) -> Experiment:
    settings = {
        "network": "cifar/plain-8",
        "width": 2,
        "image_size": 8,
        "train_images": 80,
        "test_images": 20,
        "batch_size": 8,
        "iterations": 4,
        "record_every": 2,
        "evaluate_every": 4,
        "audit_every": 0,
        "device": "cpu",
        "precision": "fp32",
    }
    return Experiment.create(**{**settings, **fields})


@pytest.fixture(scope="module", autouse=True)
def shapes(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The embedded images in the cache of this process, so that each test need not draw them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESIDUAL_PLAYGROUND_HOME", str(tmp_path_factory.mktemp("home")))
        trained_network.dataset_of(tiny())


def test_a_run_tells_its_measurements_and_its_end() -> None:
    events = list(short_runs.train(tiny()))
    assert [event.iteration for event in events] == [0, 2, 4, 4]
    assert isinstance(events[-1], Finished)
    assert all(isinstance(event, Measurement) for event in events[:-1])


def test_initial_weights_are_what_a_run_begins_with() -> None:
    spec = tiny().network_spec(8)
    weights = build(spec, seed=0).state_dict()
    first = next(iter(short_runs.train(tiny(), weights)))
    assert isinstance(first, Measurement)
    own = next(iter(short_runs.train(tiny())))
    assert isinstance(own, Measurement)
    assert first.loss == own.loss
    silent = {**weights, "fc.weight": torch.zeros_like(weights["fc.weight"])}
    still = next(iter(short_runs.train(tiny(), silent)))
    assert isinstance(still, Measurement)
    assert still.loss == pytest.approx(np.log(10), rel=1e-5)  # ten equal scores


def test_several_at_once_give_what_one_after_another_gives() -> None:
    runs = [ShortRun(tiny(seed=seed)) for seed in range(3)]
    together = list(short_runs.train_all(runs, 2))
    apart = list(short_runs.train_all(runs, 1))
    assert {index for index, _ in together} == {0, 1, 2}
    for number in range(3):
        left = [event for index, event in together if index == number]
        right = [event for index, event in apart if index == number]
        assert [event.iteration for event in left] == [event.iteration for event in right]
        last, same = left[-1], right[-1]
        assert isinstance(last, Finished)
        assert isinstance(same, Finished)
        assert last.weights_sha256 == same.weights_sha256


def test_weights_and_changes_of_the_model_reach_the_other_process() -> None:
    """The same numbers as in this process, and others than without them."""
    weights = build(tiny().network_spec(8), 5).state_dict()
    changed = [
        ShortRun(tiny(), initial_weights=weights, around=around)
        for around in (None, partial(scaled_shortcuts, alpha=0.0))
    ]
    residual = [replace(run, experiment=tiny(network="cifar/resnet-8")) for run in changed]
    for runs in (changed, residual):
        losses = [
            [e.loss for i, e in short_runs.train_all(runs, n) if i and isinstance(e, Measurement)]
            for n in (2, 1)
        ]
        assert losses[0] == losses[1]
    straight = short_runs.train(tiny(network="cifar/resnet-8"), weights)
    assert losses[0] != [event.loss for event in straight if isinstance(event, Measurement)]


def test_where_no_process_can_be_had_the_runs_go_one_after_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(short_runs, "_Worker", refused)
    runs = [ShortRun(tiny()), ShortRun(tiny(seed=1))]
    ends = [e for _, e in short_runs.train_all(runs, 2) if isinstance(e, Finished)]
    assert len(ends) == 2


def test_a_setting_that_does_not_fit_is_refused_in_words(children: Children) -> None:
    runs = [ShortRun(tiny()), ShortRun(tiny(train_images=10**6))]
    with pytest.raises(PlaygroundError, match="train_images"):
        list(short_runs.train_all(runs, 2))
    assert not children.alive()


def test_closing_ends_the_children(children: Children) -> None:
    runs = [ShortRun(tiny(iterations=10**6, seed=seed)) for seed in range(2)]
    running = short_runs.train_all(runs, 2)
    next(running)
    assert len(children.alive()) == 2
    running.close()
    assert not children.alive()


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path[:0] = [sys.argv[1], sys.argv[2]]\n"
        "from test_short_runs import tiny\n"
        "from resnet_core.labs.tools import short_runs\n"
        "if __name__ == '__main__':\n"
        "    long = [short_runs.ShortRun(tiny(iterations=10**6, seed=n)) for n in range(2)]\n"
        "    for _ in short_runs.train_all(long, 2):\n"
        "        print('begun', flush=True)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(code)
    parent = subprocess.Popen(
        [sys.executable, str(script), str(ROOT), str(Path(__file__).parent)],
        env={**os.environ, "RESIDUAL_PLAYGROUND_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "begun\n"
        children = psutil.Process(parent.pid).children()
        assert len(children) >= 2
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=DEADLINE)
    assert not alive


def test_a_training_that_diverged_counts_as_guessing() -> None:
    diverged = Diverged(iteration=3, loss=float("nan"), advice="use a lower rate")
    assert short_runs.FinalErrors.of(diverged, 4) == short_runs.FinalErrors(75.0, 75.0, True)
    finished = Finished(9, 1.0, 20.0, 30.0, "digest")
    assert short_runs.FinalErrors.of(finished, 4) == short_runs.FinalErrors(20.0, 30.0, False)
