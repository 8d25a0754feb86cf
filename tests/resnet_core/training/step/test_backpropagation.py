"""One mini-batch, forward and back, against torch's own."""

from __future__ import annotations

import math
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.nn import functional

from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.imagenet import Architecture, ImageNetSpec
from resnet_core.telemetry.probes import PackedValues, Probes
from resnet_core.training import device
from resnet_core.training.step.backpropagation import Backpropagation, inplace, inplace_relus


@pytest.fixture
def model() -> nn.Module:
    return build(NetworkSpec(depth=8, width=4), seed=0).train()


@pytest.fixture
def backpropagation(model: nn.Module) -> Backpropagation:
    return Backpropagation(model, Probes(model), device.choose("cpu", "fp32"))


def _batch() -> tuple[Tensor, Tensor]:
    images = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    return images, torch.arange(6)


def test_loss_errors_and_gradients(model: nn.Module, backpropagation: Backpropagation) -> None:
    images, labels = _batch()
    logits = model(images)
    loss = functional.cross_entropy(logits, labels)
    expected = torch.autograd.grad(loss, list(model.parameters()))
    result = backpropagation(images, labels).fetch()
    assert result.loss == pytest.approx(loss.item(), rel=1e-6)
    assert result.wrong == int((logits.argmax(1) != labels).sum())
    total = sum(gradient.norm().item() for gradient in expected)
    assert result.gradient_norm == pytest.approx(total, rel=1e-5)
    assert result.readings is None
    assert result.finite
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_gradients_do_not_add_up_over_batches(
    model: nn.Module, backpropagation: Backpropagation
) -> None:
    norms = [backpropagation(*_batch()).fetch().gradient_norm for _ in range(2)]
    assert norms[0] == pytest.approx(norms[1])


def test_the_figures_are_divided_by_the_loss_scale(
    model: nn.Module, backpropagation: Backpropagation
) -> None:
    plain, scaled = (
        backpropagation(*_batch(), record=True, scaler=scaler).fetch()
        for scaler in (None, GradScaler("cpu", init_scale=1024.0))
    )
    assert model.conv1.weight.grad.norm() > 500 * plain.readings.gradient_norm[0]
    assert scaled.loss == plain.loss
    assert scaled.gradient_norm == pytest.approx(plain.gradient_norm, rel=1e-5)
    np.testing.assert_allclose(
        scaled.readings.gradient_norm, plain.readings.gradient_norm, rtol=1e-5
    )


@pytest.mark.parametrize("audit", [False, True])
def test_a_recorded_pass_can_be_read_from_a_later_row(
    model: nn.Module, backpropagation: Backpropagation, audit: bool
) -> None:
    """As a replayed graph's is: the form is the first pass's, the figures are the later one's."""
    images, labels = _batch()
    first = backpropagation(images, labels, record=True, audit=audit)
    with torch.no_grad():
        model.bn1.weight.fill_(2)
    second = backpropagation(images.flip(0), labels, record=True, audit=audit)
    expected = second.fetch()
    found = first.read(second.row.double().numpy())
    assert (found.loss, found.wrong) == (expected.loss, expected.wrong)
    for figure in ("response_std", "branch_ratio", "gradient_norm", "audit_error"):
        np.testing.assert_array_equal(
            getattr(found.readings, figure), getattr(expected.readings, figure)
        )


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_result_that_is_not_finite(
    model: nn.Module, backpropagation: Backpropagation, value: float
) -> None:
    with torch.no_grad():
        model.fc.weight[0, 0] = value
    assert not backpropagation(*_batch()).fetch().finite


def _pass(model: nn.Module, images: Tensor, *, in_place: bool) -> list[Tensor]:
    """Logits and every gradient."""
    model.zero_grad()
    with inplace(inplace_relus(model)) if in_place else nullcontext():
        logits = model(images)
    functional.cross_entropy(logits, torch.arange(len(images))).backward()
    return [logits, *(parameter.grad for parameter in model.parameters())]


def _assert_the_same_in_place(model: nn.Module, images: Tensor) -> None:
    plain = _pass(model, images, in_place=False)
    found = _pass(model, images, in_place=True)
    assert all(torch.equal(one, other) for one, other in zip(plain, found, strict=True))


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("family", ["plain", "resnet", "preresnet", "highway"])
def test_relus_in_place_change_no_value(family: str, batch_norm: bool) -> None:
    shortcut = {} if family == "plain" else {"shortcut": "C"}
    spec = Experiment.create(
        network=f"cifar/{family}-8", width=4, batch_norm=batch_norm, **shortcut
    ).network_spec()
    _assert_the_same_in_place(build(spec, seed=0).train(), torch.randn(4, 3, 16, 16))


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("family", ["plain", "resnet", "preresnet", "highway"])
def test_probes_read_responses_before_they_are_overwritten(family: str, batch_norm: bool) -> None:
    spec = Experiment.create(
        network=f"cifar/{family}-8", width=4, batch_norm=batch_norm
    ).network_spec()
    model, images = build(spec, seed=0).train(), torch.randn(4, 3, 16, 16)
    probes, found = Probes(model), []
    for quick in (nullcontext(), inplace(inplace_relus(model))):
        with quick, probes.recording(audit=True) as outputs:
            model(images)
        readings = outputs.read(PackedValues(outputs.groups()).fetch(), np.zeros(100))
        found.append((readings.response_std, readings.branch_ratio, readings.audit_error))
    for ordinary, overwritten in zip(*found, strict=True):
        np.testing.assert_array_equal(ordinary, overwritten)


@pytest.mark.parametrize("network", ["resnet-50", "googlenet"])
def test_relus_in_place_change_no_value_of_imagenets_networks(network: Architecture) -> None:
    model = build(ImageNetSpec(network, classes=10), seed=0).eval()
    _assert_the_same_in_place(model, torch.randn(2, 3, 64, 64))


def test_relus_after_bn_and_after_additions_are_in_place_until_the_context_ends() -> None:
    model = build(Experiment.create(network="cifar/resnet-8").network_spec(), seed=0)
    relus = [layer for layer in model.modules() if isinstance(layer, nn.ReLU)]
    assert set(inplace_relus(model)) == set(relus)
    with inplace(inplace_relus(model)):
        assert all(relu.inplace for relu in relus)
    assert not any(relu.inplace for relu in relus)


def test_the_relus_are_as_before_when_the_pass_fails() -> None:
    relus = [nn.ReLU()]
    with pytest.raises(TypeError), inplace(relus):
        relus[0]("no tensor")
    assert not relus[0].inplace


def test_without_bn_a_relu_that_shares_its_input_with_the_shortcut_is_not_in_place() -> None:
    spec = Experiment.create(network="cifar/preresnet-8", batch_norm=False).network_spec()
    assert inplace_relus(build(spec, seed=0)) == []
