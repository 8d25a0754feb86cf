"""The graft's errors, its starts, and verdicts that go either way."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Rows, Verdict
from resnet_core.labs.graft import run as graft
from resnet_core.labs.graft.question import QUESTION, Settings, accepts
from resnet_core.labs.graft.verdicts import (
    Comparison,
    End,
    identity_verdict,
    modes_verdict,
    start_verdict,
)
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.catalog import build

SMALL = {"width": 4, "image_size": 8, "train_images": 40, "test_images": 20, "batch_size": 10}


def small_subject(network: str = "cifar/plain-8", **changes: object) -> TrainedNetwork:
    """A network as it begins: what is tested does not depend on training."""
    experiment = Experiment.create(**{**SMALL, "network": network, "iterations": 20, **changes})
    family, depth = network.removeprefix("cifar/").split("-")
    weights = build(experiment.network_spec(8), seed=4).state_dict()
    return TrainedNetwork("id", network, family, int(depth), experiment, weights)


def _quick() -> Settings:
    return Settings(factor=2, updates=5, patience=2, images=40)


def test_the_grafted_error_is_the_shallow_networks_exactly(home: Path) -> None:
    subject = small_subject()
    x, y = subject.train_images(40)
    shallow = subject.model()
    deep = graft.grafted(shallow, subject.cifar_spec, 3, x)
    comparison = graft.compare(shallow, deep, 20, "evaluation", x, y)
    assert (comparison.changed, comparison.difference) == (0, 0.0)
    with torch.no_grad():
        wrong = int((shallow(x).argmax(1) != y).sum())
    assert comparison.error == 100 * wrong / len(y)


def test_measuring_in_training_mode_leaves_the_statistics_alone(home: Path) -> None:
    subject = small_subject()
    x, _ = subject.train_images(40)
    model = subject.model()
    before = model.bn1.running_mean.clone()
    trained, evaluated = (graft.outputs(model, x, mode) for mode in ("training", "evaluation"))
    assert torch.equal(model.bn1.running_mean, before)
    assert not model.training
    assert not torch.allclose(trained, evaluated)


def test_a_start_without_noise_is_the_graft_and_noise_is_in_proportion(home: Path) -> None:
    subject = small_subject()
    x, _ = subject.train_images(40)
    deep = graft.grafted(subject.model(), subject.cifar_spec, 2, x)
    state = deep.state_dict()
    clean, noisy = (graft.noisy_weights(deep, noise, seed=7) for noise in (0.0, 0.5))
    assert all(torch.equal(clean[name], state[name]) for name in state)
    moved = (noisy["conv1.weight"] - state["conv1.weight"]).flatten(1).norm(dim=1)
    assert torch.allclose(moved, 0.5 * state["conv1.weight"].flatten(1).norm(dim=1), rtol=1e-4)


def test_from_scratch_the_subjects_recipe_is_kept_in_proportion(home: Path) -> None:
    subject = small_subject(
        warmup="linear", warmup_iterations=10, milestones=(18,), learning_rate=0.2
    )
    near, scratch = (graft.deep_experiment(_quick(), subject, n) for n in (0.5, None))
    assert (near.network, near.iterations, near.learning_rate) == ("cifar/plain-14", 5, 0.001)
    assert (scratch.iterations, scratch.learning_rate) == (10, 0.2)
    assert (scratch.warmup, scratch.warmup_iterations, scratch.drops) == ("linear", 5, (9,))
    assert (near.warmup, near.drops) == ("none", ())


def test_a_run_tells_the_copies_first_then_every_start(home: Path) -> None:
    events = list(graft.run(_quick(), [small_subject()]))
    rows = [(e.table, row) for e in events if isinstance(e, Rows) for row in e.rows]
    assert all(set(row) == set(QUESTION.tables[table]) for table, row in rows)
    assert [row["depth"] for table, row in rows if table == "copies"] == [8, 8, 14, 14, 20, 20]
    assert [row["noise"] for table, row in rows if table == "ends"] == [*graft.NOISES, None]
    verdicts = [event for event in events if isinstance(event, Verdict)]
    assert verdicts[0].finding in {"exact", "close"}  # as the machine rounds
    assert len(verdicts) == 3
    assert all(QUESTION.sentence(verdict) for verdict in verdicts)


def _ends(*after: float, scratch: float = 86.0) -> list[End]:
    near = [End(noise, 3.0, error) for noise, error in zip(graft.NOISES, after, strict=True)]
    return [*near, End(None, 90.0, scratch)]


@pytest.mark.parametrize(
    ("ends", "finding"),
    [
        (_ends(3, 5, 20, 60, 80), "near"),
        (_ends(3, 3, 3, 3, 3), "always"),
        (_ends(70, 80, 80, 80, 80), "never"),
        (_ends(3, 5, 20, 60, 80, scratch=6.0), "found"),
    ],
)
def test_how_near_one_must_begin_follows_from_the_ends(ends: list[End], finding: str) -> None:
    verdict = start_verdict(Settings(), 56, ends)
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)
    if finding == "near":
        assert (verdict.values["kept"], verdict.values["lost"]) == (0.5, 0.75)


def test_verdicts_on_copies_follow_the_comparison() -> None:
    def compared(**changes: object) -> Comparison:
        values = {"depth": 56, "mode": "training", "error": 3.4, "shallow_error": 3.4}
        counts = {"changed": 0, "difference": 0.0, "images": 100}
        return Comparison(**{**values, **counts, **changes})  # type: ignore[arg-type]

    assert identity_verdict(compared(), 20).finding == "exact"
    assert identity_verdict(compared(difference=1e-6), 20).finding == "close"
    assert identity_verdict(compared(changed=1), 20).finding == "inexact"
    assert modes_verdict(compared(changed=2, error=5.0)).finding == "modes_agree"
    verdict = modes_verdict(compared(changed=60, error=40.0))
    assert verdict.finding == "modes_differ"
    assert QUESTION.sentence(verdict)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"network": "cifar/plain-20"}, ""),
        ({"network": "cifar/preresnet-20"}, ""),
        ({"network": "cifar/highway-20"}, "labs.graft_gates"),
        ({"network": "cifar/resnet-20", "activation": "tanh"}, "labs.graft_needs_relu"),
        ({"network": "cifar/plain-29", "block": "bottleneck"}, "labs.graft_bottleneck"),
    ],
)
def test_runs_whose_blocks_cannot_copy_are_refused(fields: dict[str, str], reason: str) -> None:
    assert accepts(Experiment.create(**fields)) == reason
