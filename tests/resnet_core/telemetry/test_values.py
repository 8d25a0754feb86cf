"""Packed values by name, and gradient norms against autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.telemetry.values import PackedValues, gradients, norms


def test_each_group_has_its_own_elements() -> None:
    packed = PackedValues(
        {"loss": [torch.tensor(2.5)], "none": [], "norms": [torch.ones(2), torch.zeros(1, 2)]}
    )
    assert packed.row.tolist() == [2.5, 1, 1, 0, 0]
    values = packed.fetch()
    assert {name: value.tolist() for name, value in values.items()} == {
        "loss": [2.5],
        "none": [],
        "norms": [1, 1, 0, 0],
    }
    assert values["loss"].dtype == np.float64
    assert packed.unpack(np.arange(5.0))["norms"].tolist() == [1, 2, 3, 4]


def test_gradient_norms_against_autograd() -> None:
    model = build(NetworkSpec(depth=8, width=4), seed=0).train().double()
    images = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1)).double()
    loss = functional.cross_entropy(model(images), torch.arange(6))
    parameters = list(model.parameters())
    expected = torch.autograd.grad(loss, parameters, retain_graph=True)
    loss.backward()
    for norm, gradient in zip(norms(gradients(parameters)).tolist(), expected, strict=True):
        assert norm == pytest.approx(gradient.pow(2).sum().sqrt().item(), rel=1e-12)


def test_no_gradient_is_0() -> None:
    parameters = [torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(2, 2))]
    parameters[1].sum().backward()
    assert norms(gradients(parameters)).tolist() == [0, 2]
