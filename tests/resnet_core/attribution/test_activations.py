"""The terms of an addition against the network's own pass."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

from resnet_core.attribution import activations
from resnet_core.networks.catalog import block_sites
from tests.resnet_core.attribution.small_nets import FAMILIES, hook_count, network, pictures


@pytest.mark.parametrize("family", FAMILIES)
def test_the_terms_add_up_to_each_blocks_output(family: str) -> None:
    model, x = network(family), pictures()
    found = activations.additions(model, x)
    assert [one.block for one in found] == [name for name, _ in block_sites(model)]
    for one, after in itertools.pairwise(found):
        assert torch.equal(one.y, after.x)
    for one in found:
        whole = one.branch if one.shortcut is None else one.branch + one.shortcut
        assert torch.allclose(one.total, whole)
        ending = family in {"plain", "resnet"}
        assert torch.allclose(torch.relu(one.total) if ending else one.total, one.y, atol=1e-6)
        assert (one.shortcut is None) == (family == "plain") == ("shortcut" not in one.parts())
    assert hook_count(model) == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_layers_are_in_the_order_of_their_use(family: str) -> None:
    model, x = network(family), pictures()
    layers = activations.layers(model, x)
    assert torch.equal(layers["conv1"], model.get_submodule("conv1")(x))
    assert next(iter(layers)) == "conv1"
    assert "fc" not in layers
    ends = activations.outputs(model, x, ["layer3"])
    assert torch.equal(ends["layer3"], activations.additions(model, x)[-1].y)


def test_no_hook_remains_when_the_network_fails() -> None:
    model = network("resnet")
    wide = nn.Conv2d(99, 4, 3)
    model.get_submodule("layer3.0").conv2 = wide
    for function in (activations.additions, activations.layers):
        with pytest.raises(RuntimeError):
            function(model, pictures())
        assert hook_count(model) == 0
