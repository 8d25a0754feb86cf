"""One mini-batch, forward and back, against torch's own words for it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.telemetry.probes import Probes
from resnet_core.training import device
from resnet_core.training.step.backpropagation import Backpropagation


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
    scores = model(images)
    loss = functional.cross_entropy(scores, labels)
    expected = torch.autograd.grad(loss, list(model.parameters()))
    passed = backpropagation(images, labels).fetch()
    assert passed.loss == pytest.approx(loss.item(), rel=1e-6)
    assert passed.wrong == int((scores.argmax(1) != labels).sum())
    total = sum(gradient.norm().item() for gradient in expected)
    assert passed.gradient_norm == pytest.approx(total, rel=1e-5)
    assert passed.readings is None
    assert passed.finite
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_gradients_of_the_last_batch_are_forgotten(
    model: nn.Module, backpropagation: Backpropagation
) -> None:
    norms = [backpropagation(*_batch()).fetch().gradient_norm for _ in range(2)]
    assert norms[0] == pytest.approx(norms[1])


def test_a_loss_scale_is_taken_out(model: nn.Module, backpropagation: Backpropagation) -> None:
    plain, scaled = (
        backpropagation(*_batch(), record=True, loss_scale=scale).fetch() for scale in (1.0, 1024.0)
    )
    assert model.conv1.weight.grad.norm() > 500 * plain.readings.gradient_norm[0]
    assert scaled.loss == plain.loss
    assert scaled.gradient_norm == pytest.approx(plain.gradient_norm, rel=1e-5)
    np.testing.assert_allclose(
        scaled.readings.gradient_norm, plain.readings.gradient_norm, rtol=1e-5
    )


@pytest.mark.parametrize("audit", [False, True])
def test_what_is_recorded_can_be_read_from_a_later_row(
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
def test_what_is_not_finite_is_told(
    model: nn.Module, backpropagation: Backpropagation, value: float
) -> None:
    with torch.no_grad():
        model.fc.weight[0, 0] = value
    assert not backpropagation(*_batch()).fetch().finite
