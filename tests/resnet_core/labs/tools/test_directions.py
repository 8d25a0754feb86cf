"""Filter normalisation, slice by slice."""

from __future__ import annotations

import torch

from resnet_core.labs.tools.directions import filter_normalised, moved
from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec


def test_each_filter_of_a_direction_is_as_long_as_the_networks() -> None:
    model = build(NetworkSpec(family="resnet", depth=8, width=4, image_size=8), seed=1)
    direction = filter_normalised(model, torch.Generator().manual_seed(5))
    seen = 0
    for name, weight in model.named_parameters():
        if weight.dim() < 2:
            assert direction[name].abs().sum() == 0
            continue
        for drawn, own in zip(direction[name], weight.detach(), strict=True):
            assert torch.isclose(drawn.norm(), own.norm(), rtol=1e-5)
            seen += 1
    assert seen == 4 * 3 + 8 * 2 + 16 * 2 + 10  # filters of 7 layers and rows of the classifier


def test_a_direction_is_the_seeds_and_moves_what_it_has() -> None:
    model = build(NetworkSpec(depth=8, width=4, image_size=8), seed=1)
    first, again = (filter_normalised(model, torch.Generator().manual_seed(5)) for _ in range(2))
    other = filter_normalised(model, torch.Generator().manual_seed(6))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])
    state = model.state_dict()
    there = moved(state, first, 0.5)
    assert torch.equal(there["conv1.weight"], state["conv1.weight"] + 0.5 * first["conv1.weight"])
    assert torch.equal(there["bn1.running_var"], state["bn1.running_var"])
