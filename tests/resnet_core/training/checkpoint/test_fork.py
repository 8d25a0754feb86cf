"""A fork's weights: taken from its parent, and at the start the same function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resnet_core.data.dataset import Dataset
from resnet_core.errors import CheckpointError, InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.network_settings import check_fork
from resnet_core.telemetry.events import Finished, Measurement
from resnet_core.training.checkpoint.files import carry_over
from resnet_core.training.loop import train
from resnet_core.training.session import Session

Make = Callable[..., Experiment]


def _trained(experiment: Experiment, data: Dataset) -> Session:
    session = Session(experiment, data)
    for _ in range(8):
        session.step()
    return session


def _logits(model: nn.Module) -> Tensor:
    images = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return model.eval()(images)


def _fork(parent: Session, data: Dataset, **changes: Any) -> Session:
    child = parent.state.experiment.changed(**changes)
    weights = carry_over(parent.state.experiment, parent.checkpoint().weights, child)
    return Session(child, data, initial_weights=weights, first=parent.state.iteration)


FAMILIES = [
    {"network": "cifar/plain-8"},
    {"network": "cifar/resnet-8"},
    {"network": "cifar/resnet-8", "shortcut": "B"},
    {"network": "cifar/resnet-8", "shortcut": "C"},
    {"network": "cifar/resnet-11", "block": "bottleneck", "shortcut": "B"},
    {"network": "cifar/highway-8", "shortcut": "B"},
]


@pytest.mark.parametrize("network", FAMILIES)
def test_without_bn_the_function_is_the_same(
    make: Make, tiny: Dataset, network: dict[str, Any]
) -> None:
    parent = _trained(make(**network), tiny)
    child = _fork(parent, tiny, batch_norm=False)
    assert child.new_weights == ()
    assert not any(isinstance(module, nn.BatchNorm2d) for module in child.state.model.modules())
    torch.testing.assert_close(
        _logits(child.state.model), _logits(parent.state.model), rtol=1e-4, atol=1e-4
    )
    assert not torch.allclose(
        _logits(child.state.model), _logits(Session(child.state.experiment, tiny).state.model)
    )


@pytest.mark.parametrize("network", FAMILIES)
def test_with_bn_added_the_function_is_the_same(
    make: Make, tiny: Dataset, network: dict[str, Any]
) -> None:
    parent = _trained(make(**network, batch_norm=False, learning_rate=0.01), tiny)
    child = _fork(parent, tiny, batch_norm=True)
    expected = _logits(parent.state.model)
    torch.testing.assert_close(_logits(child.state.model), expected, rtol=1e-3, atol=1e-3)
    assert all("bn" in name or "downsample.1" in name for name in child.new_weights)


def test_removed_shortcuts_leave_every_tensor(make: Make, tiny: Dataset) -> None:
    parent = _trained(make(), tiny)
    child = _fork(parent, tiny, network="cifar/plain-8")
    assert child.new_weights == ()
    mine, theirs = child.state.model.state_dict(), parent.state.model.state_dict()
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert not torch.allclose(_logits(child.state.model), _logits(parent.state.model))


def test_added_projections_and_gates_are_new(make: Make, tiny: Dataset) -> None:
    parent = _trained(make(network="cifar/plain-8"), tiny)
    projected = _fork(parent, tiny, network="cifar/resnet-8", shortcut="B")
    assert {name.split(".")[2] for name in projected.new_weights} == {"downsample"}
    gated = _fork(parent, tiny, network="cifar/highway-8")
    assert {name.split(".")[2] for name in gated.new_weights} == {"gate"}
    assert torch.equal(gated.state.model.fc.weight, parent.state.model.fc.weight)


def test_a_preresnet_gets_its_bn_as_it_was(make: Make, tiny: Dataset) -> None:
    parent = _trained(make(network="cifar/preresnet-8"), tiny)
    child = _fork(parent, tiny, learning_rate=0.01)
    torch.testing.assert_close(_logits(child.state.model), _logits(parent.state.model))


def test_a_fork_counts_on_from_its_parent(make: Make, tiny: Dataset) -> None:
    parent = _trained(make(), tiny)
    train_error, test_error = parent.evaluate()
    started, first, *_, finished = train(_fork(parent, tiny, learning_rate=0.01))
    assert started.iteration == 8
    assert isinstance(first, Measurement)
    assert (first.iteration, first.learning_rate) == (8, 0.001)  # the drop at 7 is behind it
    assert (first.train_error, first.test_error) == (train_error, test_error)
    assert isinstance(finished, Finished)
    assert finished.iteration == 14


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"width": 8}, "width"),
        ({"network": "cifar/resnet-11", "layers_per_block": 3}, "layers_per_block"),
        ({"network": "cifar/resnet-11", "block": "bottleneck"}, "block"),
        ({"network": "cifar/preresnet-8"}, "network"),
    ],
)
def test_what_cannot_be_carried_is_refused(make: Make, changes: dict[str, Any], field: str) -> None:
    parent = make()
    with pytest.raises(InvalidSetting) as refused:
        check_fork(parent, parent.changed(**changes))
    assert refused.value.field == field
    assert "Start a new run" in str(refused.value)


def test_a_preresnets_bn_cannot_be_folded(make: Make) -> None:
    parent = make(network="cifar/preresnet-8")
    with pytest.raises(InvalidSetting, match="batch_norm: a preresnet's BN stands before"):
        carry_over(parent, {}, parent.changed(batch_norm=False))


def test_weights_of_which_none_fits(make: Make, tiny: Dataset) -> None:
    weights = Session(make(width=8), tiny).checkpoint().weights
    with pytest.raises(CheckpointError, match="None of the other network's layers fits"):
        Session(make(), tiny, initial_weights=weights)


def test_some_blocks_more(make: Make, tiny: Dataset) -> None:
    parent = _trained(make(), tiny)
    child = _fork(parent, tiny, network="cifar/resnet-14")
    assert {name.split(".")[1] for name in child.new_weights} == {"1"}
    assert torch.equal(
        child.state.model.layer3[0].conv2.weight, parent.state.model.layer3[0].conv2.weight
    )
