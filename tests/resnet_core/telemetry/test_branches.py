"""||F(x)|| / ||x|| against the blocks' own equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_core.network_spec import NetworkSpec
from resnet_core.networks.catalog import block_sites, build
from resnet_core.telemetry.branches import BranchProbe


def _network(family: str) -> nn.Module:
    spec = NetworkSpec(family=family, depth=14, width=4, batch_norm=False)  # type: ignore[arg-type]
    return build(spec, seed=0).train()


def _images() -> Tensor:
    return torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("family", ["plain", "resnet", "highway", "preresnet"])
def test_against_the_equations(family: str) -> None:
    model = _network(family)
    probe = BranchProbe(block_sites(model))
    with probe.listening():
        model(_images())
    x = model.conv1(_images())
    if family != "preresnet":
        x = torch.relu(x)
    expected = []
    with torch.no_grad():
        for _, block in block_sites(model):
            expected.append((block.residual(x).double().norm() / x.double().norm()).item())
            x = block(x)
    np.testing.assert_allclose(probe.ratios(), expected, rtol=1e-5)
    assert len(expected) == 6


def test_a_silent_branch_is_0() -> None:
    model = build(NetworkSpec(depth=8, width=4, initialization="zero_last"), seed=0).train()
    probe = BranchProbe(block_sites(model))
    with probe.listening():
        model(_images())
    np.testing.assert_array_equal(probe.ratios(), np.zeros(3))


def test_bf16_norms_are_added_up_in_fp32() -> None:
    model = _network("resnet")
    probe = BranchProbe(block_sites(model))
    with probe.listening():
        model(_images())
    exact = probe.ratios()
    with probe.listening(), torch.autocast("cpu", torch.bfloat16):
        model(_images())
    np.testing.assert_allclose(probe.ratios(), exact, rtol=0.02)
