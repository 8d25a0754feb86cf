"""||F(x)|| / ||x|| against the blocks' own equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_core.networks.catalog import block_sites, build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.telemetry.branches import Branches, BranchProbe
from resnet_core.telemetry.values import Values


def _network(family: str, batch_norm: bool = False) -> nn.Module:
    """Six blocks; with BN, each of another scale, as if trained."""
    spec = NetworkSpec(family=family, depth=14, width=4, batch_norm=batch_norm)  # type: ignore[arg-type]
    model = build(spec, seed=0).train()
    generator = torch.Generator().manual_seed(2)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 0.6, 0.5, generator=generator)
            nn.init.normal_(module.bias, -0.2, 0.5, generator=generator)
    return model


def _images() -> Tensor:
    return torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def _ratios(found: Branches) -> NDArray[np.float64]:
    return found.read(Values.fetched(found.tensors()))


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("family", ["plain", "resnet", "highway", "preresnet"])
def test_against_the_equations(family: str, batch_norm: bool) -> None:
    model = _network(family, batch_norm)
    probe = BranchProbe(block_sites(model))
    with probe.listening() as found:
        model(_images())
    x = model.conv1(_images())
    if family != "preresnet":
        x = torch.relu(model.bn1(x) if batch_norm else x)
    expected = []
    with torch.no_grad():
        for _, block in block_sites(model):
            expected.append((block.residual(x).double().norm() / x.double().norm()).item())
            x = block(x)
    np.testing.assert_allclose(_ratios(found), expected, rtol=1e-5)
    assert len(expected) == 6


def test_a_silent_branch_is_0() -> None:
    model = build(NetworkSpec(depth=8, width=4, initialization="zero_last"), seed=0).train()
    probe = BranchProbe(block_sites(model))
    with probe.listening() as found:
        model(_images())
    np.testing.assert_array_equal(_ratios(found), np.zeros(3))


def test_a_network_of_bottlenecks_ends_its_branches_with_bn_too() -> None:
    spec = NetworkSpec(depth=11, block="bottleneck", layers_per_block=3, width=4)
    model = build(spec, seed=0).train()
    probe = BranchProbe(block_sites(model))
    with probe.listening() as found:
        model(_images())
    _, first = block_sites(model)[0]
    x = torch.relu(model.bn1(model.conv1(_images())))
    expected = first.residual(x).norm() / x.norm()
    assert _ratios(found)[0] == pytest.approx(expected.item(), rel=1e-5)


def test_a_norm_beyond_the_largest_number_of_fp16() -> None:
    (_, block), *_ = block_sites(_network("resnet").half())
    probe = BranchProbe([("one", block)])
    x = torch.full((2, 4, 8, 8), 6e3, dtype=torch.float16)
    with probe.listening() as found:
        result = block.residual(x)
    assert x[0].double().norm() > torch.finfo(torch.float16).max
    expected = result.double().norm() / x.double().norm()
    assert _ratios(found)[0] == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_bf16_norms_are_added_up_in_fp32(batch_norm: bool) -> None:
    model = _network("resnet", batch_norm)
    probe = BranchProbe(block_sites(model))
    with probe.listening() as found:
        model(_images())
    exact = _ratios(found)
    with probe.listening() as found, torch.autocast("cpu", torch.bfloat16):
        model(_images())
    np.testing.assert_allclose(_ratios(found), exact, rtol=0.02)
