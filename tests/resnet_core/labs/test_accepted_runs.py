"""Runs that a laboratory accepts are used to the end, whatever their schedule or device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import catalog
from resnet_core.labs.dial.question import Settings as DialSettings
from resnet_core.labs.dial.run import short_experiment
from resnet_core.labs.graft.question import Settings as GraftSettings
from resnet_core.labs.graft.run import deep_experiment
from resnet_core.labs.tools import short_runs
from tests.resnet_core.labs.small_networks import run as rows_of
from tests.resnet_core.labs.small_networks import untrained

SCHEDULES: dict[str, dict[str, Any]] = {
    "milestones": {"milestones": (10, 15)},
    "never": {"milestones": ()},
    "plateau": {"schedule": "plateau", "plateau_evaluations": 1},
    "warmup": {"warmup": "linear", "warmup_iterations": 3},
    "until-error": {"warmup": "until-error"},
}
# Settings with which each laboratory is through in a second; the others train networks of their
# own only, or look at weights whatever their training was.
QUICK: dict[str, dict[str, Any]] = {
    "dial": {"marks": 2, "updates": 10, "turns": 2, "images": 20},
    "graft": {"factor": 2, "updates": 5, "images": 20},
    "lesion": {"images": 20},
    "paths": {"samples": 2, "images": 4},
    "forward": {"images": 4},
    "backward": {"images": 4},
    "landscape": {"resolution": 5, "images": 10},
    "transfer": {"updates": 10, "images": 32, "backbones": ("frozen",)},
    "attribution": {"methods": ("saliency",), "picture": "test:1"},
    "randomised": {"methods": ("saliency",), "picture": "test:1", "images": 2},
    "activations": {"picture": "test:1"},
}
NETWORKS = {"graft": "plain-8"}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", QUICK)
def test_a_run_of_every_schedule_is_used_to_the_end(
    name: str, schedule: str, small_data: Path, home: Path
) -> None:
    question = catalog.question(name)
    network = untrained(
        small_data, NETWORKS.get(name, "resnet-8"), iterations=20, **SCHEDULES[schedule]
    )
    assert question.accepts(network.experiment) == ""
    settings = question.settings(**QUICK[name])
    _, verdicts = rows_of(question, catalog.experiment(name)(settings, [network]))
    assert verdicts


def test_every_laboratory_that_takes_runs_is_tried_or_needs_several() -> None:
    taking = {name for name in catalog.all_names() if catalog.question(name).most_runs}
    # Court, depth and gates train their own networks with the embedded shapes, which takes long;
    # ensemble needs several, masks the embedded shapes. None uses a run's recipe.
    assert taking - set(QUICK) == {"court", "depth", "gates", "ensemble", "masks"}


def test_the_rate_of_a_short_training_drops_at_milestones_also_after_plateaus(
    small_data: Path, home: Path
) -> None:
    plateau = untrained(small_data, "resnet-8", iterations=20, schedule="plateau")
    short = short_experiment(DialSettings(updates=100), plateau.experiment)
    assert (short.schedule, short.drops) == ("milestones", (85,))
    deep = deep_experiment(GraftSettings(updates=20), plateau, "resnet", 0)
    assert (deep.schedule, deep.drops) == ("milestones", (10, 15))


def test_a_run_of_another_machines_gpu_is_trained_on_this_ones_device() -> None:
    experiment = Experiment.create(device="cuda:7", precision="fp16")
    assert short_runs.shortened(experiment, 10, milestones=()).device == "auto"
