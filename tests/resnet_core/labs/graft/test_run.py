"""The graft's errors, its starts, and verdicts that go either way."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import torch

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Rows, Verdict
from resnet_core.labs.graft import run as graft
from resnet_core.labs.graft.question import QUESTION, Settings, accepts
from resnet_core.labs.graft.verdicts import (
    CONTROL,
    SCRATCH,
    Comparison,
    End,
    control_verdict,
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
    return Settings(factor=2, updates=5, images=40)


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


def test_every_start_has_the_same_rate_updates_and_schedule(home: Path) -> None:
    subject = small_subject(
        warmup="linear", warmup_iterations=10, milestones=(18,), learning_rate=0.2
    )
    own, control = (
        graft.deep_experiment(_quick(), subject, family, 3) for family in ("plain", "resnet")
    )
    assert (own.network, control.network) == ("cifar/plain-14", "cifar/resnet-14")
    assert own == control.changed(network="cifar/plain-14")
    assert (own.iterations, own.learning_rate, own.seed) == (5, 0.05, 3)
    assert (own.warmup, own.warmup_iterations, own.drops) == ("linear", 2, (4,))


def test_a_run_tells_the_copies_first_then_every_start(home: Path) -> None:
    events = list(graft.run(_quick(), [small_subject()]))
    rows = [(e.table, row) for e in events if isinstance(e, Rows) for row in e.rows]
    assert all(set(row) == set(QUESTION.tables[table]) for table, row in rows)
    assert [row["depth"] for table, row in rows if table == "copies"] == [8, 8, 14, 14, 20, 20]
    ends = [row for table, row in rows if table == "ends"]
    starts = {SCRATCH, CONTROL, *(f"{noise:g}" for noise in graft.NOISES)}
    assert {(row["start"], row["seed"]) for row in ends} == set(product(starts, (0, 1)))
    assert {row["updates"] for row in ends} == {5}
    assert {row["family"] for row in ends if row["start"] == CONTROL} == {"resnet"}
    verdicts = [event for event in events if isinstance(event, Verdict)]
    assert verdicts[0].finding in {"exact", "close"}  # as the machine rounds
    assert len(verdicts) == 4
    assert verdicts[0].values["deep"] == 14  # the depth that was asked for
    assert all(QUESTION.sentence(verdict) for verdict in verdicts)


def _ends(scratch: float, grafted: float, control: float, spread: float = 1.0) -> list[End]:
    means = {SCRATCH: scratch, "0": grafted, "0.5": scratch, CONTROL: control}
    return [
        End(start, 50.0, mean + sign * spread) for start, mean in means.items() for sign in (1, -1)
    ]


@pytest.mark.parametrize(
    ("ends", "finding"),
    [
        (_ends(86, 40, 60), "stays"),
        (_ends(86, 55, 60), "leaves_ahead"),
        (_ends(80, 88, 60), "leaves_behind"),
        (_ends(80, 78, 60), "undecided"),
        (_ends(80, 55, 60, spread=15), "undecided"),
        (_ends(43, 41, 60), "found"),
    ],
)
def test_what_the_start_does_follows_from_the_ends(ends: list[End], finding: str) -> None:
    verdict = start_verdict(Settings(), 38, 42.0, ends)
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)
    if finding == "stays":
        assert verdict.values["noises"] == "-"


@pytest.mark.parametrize(
    ("control", "finding"),
    [(55.0, "control_better"), (95.0, "control_worse"), (79.0, "control_undecided")],
)
def test_the_control_is_the_other_form_from_scratch(control: float, finding: str) -> None:
    verdict = control_verdict(Settings(), 38, "plain", _ends(80, 78, control))
    assert verdict.finding == finding
    assert "resnet-38" in QUESTION.sentence(verdict)
    assert graft.control_family("preresnet") == "plain"


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
