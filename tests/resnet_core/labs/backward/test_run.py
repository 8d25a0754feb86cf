"""The two parts of the gradient add up to autograd's; verdicts follow the numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.labs.backward import run as backward
from resnet_core.labs.backward.question import QUESTION, Settings
from resnet_core.labs.backward.verdicts import Addition, verdicts
from resnet_core.labs.tools.chain import Chain
from resnet_core.networks.catalog import block_sites
from tests.resnet_core.labs.small_networks import experiment, run, untrained
from tests.small_runs import small_data

__all__ = ["small_data"]


def _autograds(model: nn.Module, images: Tensor, labels: Tensor) -> list[Tensor]:
    """The gradient of the summed loss at what enters the first block and leaves each."""
    outputs: list[Tensor] = []
    blocks = [block for _, block in block_sites(model)]
    handles = [blocks[0].register_forward_pre_hook(lambda _, inputs: outputs.append(inputs[0]))]
    handles += [
        b.register_forward_hook(lambda _, __, output: outputs.append(output)) for b in blocks
    ]
    try:
        loss = functional.cross_entropy(model(images), labels, reduction="sum")
    finally:
        for handle in handles:
            handle.remove()
    return list(torch.autograd.grad(loss, outputs))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("plain-14", {}),
        ("resnet-14", {}),
        ("resnet-14", {"shortcut": "C", "activation": "tanh"}),
        ("preresnet-14", {"shortcut": "B"}),
    ],
)
def test_shortcuts_and_branchs_part_add_up_to_autograds_gradient(
    small_data: Path, name: str, changes: dict[str, str]
) -> None:
    one = untrained(small_data, name, **changes)
    images, labels = one.train_images(8)
    truth = _autograds(one.model(), images, labels)
    network = Chain.of(one.model().requires_grad_(False))
    places = []
    for place, split in backward.splits(network, images, labels):
        places.append(place)
        torch.testing.assert_close(split.behind, truth[place])
        torch.testing.assert_close(split.before, truth[place - 1])
        if split.shortcut is not None:
            torch.testing.assert_close(split.branch + split.shortcut, truth[place - 1])
        else:
            assert name.startswith("plain")
    assert places == [6, 5, 4, 3, 2, 1]


def test_an_identity_shortcut_passes_the_gradient_whole_where_no_nonlinearity_follows(
    small_data: Path,
) -> None:
    one = untrained(small_data, "preresnet-14")
    network = Chain.of(one.model().requires_grad_(False))
    for place, split in backward.splits(network, *one.train_images(8)):
        if place not in (3, 5):
            assert split.shortcut is not None
            torch.testing.assert_close(split.shortcut, split.behind)


def test_cosines_and_norms_are_each_images() -> None:
    a = torch.tensor([[[[3.0, 4.0]]], [[[1.0, 0.0]]], [[[0.0, 0.0]]]])
    b = torch.tensor([[[[3.0, 4.0]]], [[[0.0, 2.0]]], [[[1.0, 0.0]]]])
    assert backward.norms(a).tolist() == [5, 1, 0]
    assert backward.cosines(a, b).tolist()[:2] == [1, 0]
    assert backward.cosines(a, b)[2].isnan()


@pytest.mark.parametrize("state", ["trained", "initial"])
def test_a_run_measures_every_block_of_every_network(small_data: Path, state: str) -> None:
    subjects = [untrained(small_data, name) for name in ("resnet-14", "plain-14")]
    settings = Settings(state=state, images=12)
    tables, conclusions = run(QUESTION, backward.run(settings, subjects))
    rows = tables["additions"]
    assert len(rows) == 12
    for row in rows:
        assert (row["shortcut"] is None) == (row["family"] == "plain")
        moves = row["family"] != "plain" and row["block"] not in ("layer2.0", "layer3.0")
        assert (row["descent"] is not None) == moves
    assert len(conclusions) == 3


def test_strong_branches_turn_the_verdict(small_data: Path) -> None:
    """Where every branch is 30 times as large, no block makes the gradient smaller."""
    one = untrained(small_data, "preresnet-14")
    _, conclusions = run(QUESTION, backward.run(Settings(images=12), [one]))
    assert conclusions[0].finding == "below_one"  # option A leaves three of four pixels out
    for name in one.weights:
        if name.endswith("conv2.weight"):
            one.weights[name] *= 30
    _, conclusions = run(QUESTION, backward.run(Settings(images=12), [one]))
    assert conclusions[0].finding == "at_least_one"


_ADDITION = Addition("layer1.0", False, 1.0, 1.2, 1.0, 0.5, 1.2, 1.0, 0.5, 0.1, 0.05, 0.01)


def _findings(*additions: Addition) -> list[str]:
    return [verdict.finding for verdict in verdicts("net", additions)]


def test_every_verdict_can_come_out_either_way() -> None:
    assert _findings(_ADDITION) == ["at_least_one", "descends"]
    assert _findings(_ADDITION, replace(_ADDITION, gain=0.8, descent=-0.3)) == [
        "below_one",
        "ascends",
    ]
    assert _findings(replace(_ADDITION, descent=0.01, gain=0.99)) == ["below_one", "undecided"]
    assert _findings(replace(_ADDITION, descent=None)) == ["at_least_one"]
    near = replace(_ADDITION, gain=0.99, gain_error=0.02)
    assert _findings(near) == ["gain_undecided", "descends"]


@pytest.mark.parametrize(
    ("before", "finding"), [(0.05, "shrinks"), (0.5, "holds"), (5.0, "holds"), (50.0, "grows")]
)
def test_a_plain_networks_gradient_may_shrink_hold_or_grow(before: float, finding: str) -> None:
    last = replace(_ADDITION, shortcut=None, behind=1.0)
    first = replace(_ADDITION, shortcut=None, before=before)
    assert _findings(last, first) == [f"plain_{finding}"]


def test_a_change_near_a_decade_that_the_images_do_not_tell_is_no_verdict() -> None:
    last = replace(_ADDITION, shortcut=None, behind=1.0)
    first = replace(_ADDITION, shortcut=None, before=12.0)
    assert _findings(last, first) == ["plain_grows"]
    assert _findings(last, replace(first, before_error=2.0)) == ["plain_undecided"]
    assert _findings(replace(last, behind_error=0.2), first) == ["plain_undecided"]


def test_highways_are_refused(small_data: Path) -> None:
    assert "gates" in QUESTION.accepts(experiment(small_data, "highway-8"))
    assert not QUESTION.accepts(experiment(small_data, "plain-8"))
