"""The unrolled copy computes the same, and DeepLIFT adds up where it would not on the original."""

from __future__ import annotations

import pytest
import torch
from captum.attr import DeepLift
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.attribution.deep_lift import NotPossible, multiplies, unrolled
from resnet_core.attribution.methods import explain
from tests.resnet_core.attribution.small_nets import FAMILIES, network, pictures


class Shared(nn.Module):
    """One ReLU in place for two layers, and a function for a third."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.third = (nn.Linear(192, 192) for _ in range(3))
        self.fc = nn.Linear(192, 4)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.first(x.flatten(1)))
        x = self.relu(self.second(x)) + functional.relu(self.third(x), inplace=True)
        return self.fc(x.relu())


class Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:, :4] if x.sum() > 0 else -x.flatten(1)[:, :4]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_copy_computes_the_same_and_only_gates_multiply(family: str) -> None:
    model, x = network(family), pictures()
    copied = unrolled(model)
    assert torch.allclose(copied(x), model(x), atol=1e-6)
    assert multiplies(copied) == (family == "highway")


def test_shared_functional_and_in_place_relus_become_separate_modules() -> None:
    model, x = Shared().eval(), pictures()
    copied = unrolled(model)
    assert torch.allclose(copied(x), model(x), atol=1e-6)
    used = [node.target for node in copied.graph.nodes if node.op == "call_module"]
    relus = [name for name in used if isinstance(copied.get_submodule(name), nn.ReLU)]
    assert len(relus) == len(set(relus)) == 4
    assert not any(copied.get_submodule(name).inplace for name in relus)
    assert model.relu.inplace  # the original is as it was


def test_deep_lift_adds_up_where_it_does_not_on_the_original() -> None:
    model, x, target = Shared().eval(), pictures(), torch.tensor([1, 2])
    found = explain("deep_lift", model, x, target)
    assert found.completeness is not None
    assert float(found.completeness.percent.max()) < 0.1
    try:
        _, delta = DeepLift(model).attribute(
            x.clone(), torch.zeros_like(x), target=target, return_convergence_delta=True
        )
    except (AssertionError, RuntimeError):
        return  # captum refuses
    assert float(delta.abs().max()) > 1e-3


def test_a_network_that_branches_on_values_cannot_be_unrolled() -> None:
    with pytest.raises(NotPossible) as caught:
        explain("deep_lift", Branching().eval(), pictures(1), torch.tensor([0]))
    assert caught.value.reason == "trace"
