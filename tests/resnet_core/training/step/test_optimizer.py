"""SGD against torch's own."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from resnet_core.errors import CheckpointError
from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.catalog import build
from resnet_core.training.step.optimizer import Sgd


def _network() -> nn.Module:
    spec = Experiment(network="cifar/resnet-8", width=4).network_spec(8)
    return build(spec, seed=0).to(memory_format=torch.channels_last).double()


def _set_gradient(*models: nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameters in zip(*(model.parameters() for model in models), strict=True):
        gradient = torch.randn(parameters[0].shape, generator=generator, dtype=parameters[0].dtype)
        for parameter in parameters:
            parameter.grad = torch.empty_like(parameter).copy_(gradient)  # laid out as torch's


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_same_updates_as_torch(momentum: float) -> None:
    ours = _network()
    theirs = copy.deepcopy(ours)
    sgd = Sgd(ours, momentum, weight_decay=1e-2)
    reference = torch.optim.SGD(theirs.parameters(), 0.1, momentum, weight_decay=1e-2)
    for seed, rate in enumerate((0.1, 0.1, 0.01, 0.5)):
        _set_gradient(ours, theirs, seed=seed)
        sgd.step(rate)
        reference.param_groups[0]["lr"] = rate
        reference.step()
    for (name, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-12, atol=1e-12, msg=name)


def test_a_rate_on_the_device_moves_the_weights_alike() -> None:
    ours = _network().float()
    theirs = copy.deepcopy(ours)
    mine, other = Sgd(ours, 0.9, 1e-2), Sgd(theirs, 0.9, 1e-2)
    rate = torch.zeros(())
    for seed, value in enumerate((0.1, 0.1, 0.01)):
        _set_gradient(ours, theirs, seed=seed)
        mine.fused_step(rate.fill_(value))
        other.step(value)
    for (name, tensor), expected in zip(
        mine.state_dict().items(), other.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(tensor, expected, msg=name)
    for (name, tensor), expected in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(tensor, expected, msg=name)


def test_the_momentum_buffers_are_restored() -> None:
    ours = _network()
    sgd = Sgd(ours, 0.9, 1e-4)
    _set_gradient(ours, seed=0)
    sgd.step(0.1)
    other = copy.deepcopy(ours)
    later = Sgd(other, 0.9, 1e-4)
    buffers = sgd.state_dict()
    assert all(tensor.is_contiguous() for tensor in buffers.values())
    later.load_state_dict(buffers)
    _set_gradient(ours, other, seed=1)
    sgd.step(0.1)
    later.step(0.1)
    assert not torch.equal(buffers["conv1.weight"], sgd.state_dict()["conv1.weight"])
    for mine, theirs in zip(ours.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_another_networks_momentum_is_refused() -> None:
    sgd = Sgd(_network(), 0.9, 1e-4)
    buffers = sgd.state_dict()
    del buffers["fc.bias"]
    with pytest.raises(CheckpointError, match="another network"):
        sgd.load_state_dict(buffers)


def test_a_missing_gradient_moves_nothing() -> None:
    model = _network()
    sgd = Sgd(model, 0.0, 0.0)
    before = model.fc.weight.clone()
    sgd.step(1.0)
    assert torch.equal(model.fc.weight, before)
