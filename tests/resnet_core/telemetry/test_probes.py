"""The probes together: what they leave on the network, and when."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.anatomy import describe
from resnet_core.networks.blocks import Block
from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.telemetry.probes import Probes
from resnet_core.telemetry.values import Values


def _images() -> Tensor:
    return torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def _left(model: nn.Module) -> list[str]:
    """Hooks and taps that are on the network."""
    found = []
    for name, module in model.named_modules():
        for kind in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks"):
            found += [f"{name}{kind}"] * len(getattr(module, kind))
        found += [f"{name}.residual"] * ("residual" in vars(module))
    return found


@pytest.fixture(params=["plain", "resnet", "highway", "preresnet"])
def model(request: pytest.FixtureRequest) -> nn.Module:
    return build(NetworkSpec(family=request.param, depth=8, width=4), seed=0).train()


def test_nothing_is_left(model: nn.Module) -> None:
    probes = Probes(model)
    assert _left(model) == []
    with probes.listening(audit=True):
        assert len(_left(model)) == 7 + 3
        model(_images())
    assert _left(model) == []


class Broken(Exception):
    pass


@pytest.mark.parametrize("where", ["conv1", "layer2.0.conv2", "layer3.0.bn1", "fc"])
def test_nothing_is_left_after_an_error(model: nn.Module, where: str) -> None:
    def fail(*_: object) -> None:
        raise Broken

    probes = Probes(model)
    broken = model.get_submodule(where).register_forward_pre_hook(fail)
    with pytest.raises(Broken), probes.listening(audit=True):
        model(_images())
    broken.remove()
    assert _left(model) == []
    model(_images())


def test_nothing_is_left_after_an_error_while_listening_begins(
    model: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    probes = Probes(model)
    taps = 0
    set_attribute = Block.__setattr__

    def fail_at_the_second(self: Block, name: str, value: object) -> None:
        nonlocal taps
        taps += name == "residual"
        if taps == 2:
            raise Broken
        set_attribute(self, name, value)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Block, "__setattr__", fail_at_the_second)
        with pytest.raises(Broken), probes.listening():
            pass
    assert _left(model) == []


def test_nothing_is_left_after_an_error_in_the_backward_pass(model: nn.Module) -> None:
    def fail(_: Tensor) -> None:
        raise Broken

    probes = Probes(model)
    with probes.listening():
        loss = model(_images()).sum()
    model.conv1.weight.register_hook(fail)
    with pytest.raises(Broken):
        loss.backward()
    assert _left(model) == []


def test_names_are_the_anatomys(model: nn.Module) -> None:
    family = type(model.layer1[0]).__name__
    families = {
        "PlainBlock": "plain",
        "ResidualBlock": "resnet",
        "HighwayBlock": "highway",
        "PreActivationBlock": "preresnet",
    }
    anatomy = describe(NetworkSpec(family=families[family], depth=8, width=4))  # type: ignore[arg-type]
    probes = Probes(model)
    assert probes.layers == anatomy.layers_3x3
    assert probes.blocks == anatomy.block_names
    assert all(f"{name}.weight" in model.state_dict() for name in probes.layers)


def test_gradient_norms_are_picked_out_by_layer(model: nn.Module) -> None:
    probes = Probes(model)
    with probes.listening() as heard:
        scores = model(_images())
    functional.cross_entropy(scores, torch.zeros(6, dtype=torch.int64)).backward()
    every = np.array([parameter.grad.norm().item() for parameter in model.parameters()])
    readings = heard.read(Values.fetched(heard.tensors()), every)
    weights = dict(model.named_parameters())
    expected = [weights[f"{name}.weight"].grad.norm().item() for name in probes.layers]
    np.testing.assert_allclose(readings.gradient_norm, expected, rtol=1e-6)
    assert readings.audit_error is None
