"""Gradient norms against autograd by hand."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.telemetry.gradients import gradients, norms


def test_against_autograd() -> None:
    model = build(NetworkSpec(depth=8, width=4), seed=0).train().double()
    images = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1)).double()
    loss = functional.cross_entropy(model(images), torch.arange(6))
    parameters = list(model.parameters())
    expected = torch.autograd.grad(loss, parameters, retain_graph=True)
    loss.backward()
    found = norms(gradients(parameters))
    for norm, gradient in zip(found.tolist(), expected, strict=True):
        assert norm == pytest.approx(gradient.pow(2).sum().sqrt().item(), rel=1e-12)


def test_a_difference_quotient_agrees() -> None:
    """Along the gradient the loss grows by its norm."""
    model = build(NetworkSpec(depth=8, width=4, batch_norm=False), seed=0).train().double()
    images = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1)).double()

    def loss() -> torch.Tensor:
        return functional.cross_entropy(model(images), torch.arange(6))

    loss().backward()
    weight = model.layer2[0].conv2.weight
    norm = norms(gradients([weight])).item()
    step = 1e-6
    with torch.no_grad():
        direction = weight.grad / norm
        weight += step * direction
        above = loss().item()
        weight -= 2 * step * direction
        below = loss().item()
    assert (above - below) / (2 * step) == pytest.approx(norm, rel=1e-6)


def test_no_gradient_is_0() -> None:
    parameters = [torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(2, 2))]
    parameters[1].sum().backward()
    assert norms(gradients(parameters)).tolist() == [0, 2]
