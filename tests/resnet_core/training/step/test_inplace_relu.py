"""ReLUs in place: which, and that nothing but memory depends on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.data.dataset import Dataset
from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.catalog import build
from resnet_core.specs.imagenet import Architecture, ImageNetSpec
from resnet_core.telemetry.probes import Probes
from resnet_core.telemetry.values import PackedValues
from resnet_core.training.loop import train
from resnet_core.training.session import Session
from resnet_core.training.step.inplace_relu import lone_readers, overwriting

Make = Callable[..., Experiment]


def _pass(model: nn.Module, images: Tensor, *, in_place: bool) -> list[Tensor]:
    """Scores and every gradient."""
    model.zero_grad()
    with overwriting(lone_readers(model)) if in_place else nullcontext():
        scores = model(images)
    functional.cross_entropy(scores, torch.arange(len(images))).backward()
    return [scores, *(parameter.grad for parameter in model.parameters())]


def _assert_the_same_in_place(model: nn.Module, images: Tensor) -> None:
    plain = _pass(model, images, in_place=False)
    found = _pass(model, images, in_place=True)
    assert all(torch.equal(one, other) for one, other in zip(plain, found, strict=True))


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("family", ["plain", "resnet", "preresnet", "highway"])
def test_values_are_the_same_to_the_bit(family: str, batch_norm: bool) -> None:
    shortcut = {} if family == "plain" else {"shortcut": "C"}
    spec = Experiment.create(
        network=f"cifar/{family}-8", width=4, batch_norm=batch_norm, **shortcut
    ).network_spec()
    _assert_the_same_in_place(build(spec, seed=0).train(), torch.randn(4, 3, 16, 16))


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("family", ["plain", "resnet", "preresnet", "highway"])
def test_probes_read_before_anything_is_written_over(family: str, batch_norm: bool) -> None:
    spec = Experiment.create(
        network=f"cifar/{family}-8", width=4, batch_norm=batch_norm
    ).network_spec()
    model, images = build(spec, seed=0).train(), torch.randn(4, 3, 16, 16)
    probes, found = Probes(model), []
    for quick in (nullcontext(), overwriting(lone_readers(model))):
        with quick, probes.recording(audit=True) as outputs:
            model(images)
        readings = outputs.read(PackedValues(outputs.groups()).fetch(), np.zeros(100))
        found.append((readings.response_std, readings.branch_ratio, readings.audit_error))
    for ordinary, overwritten in zip(*found, strict=True):
        np.testing.assert_array_equal(ordinary, overwritten)


@pytest.mark.parametrize("network", ["resnet-50", "googlenet"])
def test_also_of_the_networks_for_imagenet(network: Architecture) -> None:
    model = build(ImageNetSpec(network, classes=10), seed=0).eval()
    _assert_the_same_in_place(model, torch.randn(2, 3, 64, 64))


def test_relus_after_bn_and_after_additions_are_in_place_until_the_context_ends() -> None:
    model = build(Experiment.create(network="cifar/resnet-8").network_spec(), seed=0)
    relus = [layer for layer in model.modules() if isinstance(layer, nn.ReLU)]
    assert set(lone_readers(model)) == set(relus)
    with overwriting(lone_readers(model)):
        assert all(relu.inplace for relu in relus)
    assert not any(relu.inplace for relu in relus)


def test_the_relus_are_as_before_when_the_pass_fails() -> None:
    relus = [nn.ReLU()]
    with pytest.raises(TypeError), overwriting(relus):
        relus[0]("no tensor")
    assert not relus[0].inplace


def test_without_bn_a_relu_that_shares_its_input_with_the_shortcut_is_left_alone() -> None:
    spec = Experiment.create(network="cifar/preresnet-8", batch_norm=False).network_spec()
    assert lone_readers(build(spec, seed=0)) == []


def test_recording_every_step_or_none_gives_the_same_weights(tiny: Dataset, make: Make) -> None:
    ended = [list(train(Session(make(record_every=every), tiny)))[-1] for every in (1, 14)]
    assert ended[0].weights_sha256 == ended[1].weights_sha256
