"""Probes against the elements themselves and the blocks' equations; their hooks come off."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.anatomy.describe import describe
from resnet_core.networks.blocks import Block
from resnet_core.networks.catalog import block_sites, build, response_sites
from resnet_core.specs.cifar import FAMILIES, NetworkSpec
from resnet_core.telemetry.probes import (
    Branches,
    Moments,
    PackedValues,
    Probes,
    Responses,
    Values,
    direct_std,
    gradients,
    norms,
)


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


def _layer(channels: int, seed: int) -> nn.BatchNorm2d:
    generator = torch.Generator().manual_seed(seed)
    layer = nn.BatchNorm2d(channels)
    nn.init.normal_(layer.weight, generator=generator)
    nn.init.normal_(layer.bias, generator=generator)
    return layer


def _images(channels: int) -> Tensor:
    return torch.randn(5, channels, 6, 6, generator=torch.Generator().manual_seed(channels))


def test_layers_of_different_widths_against_their_elements() -> None:
    layers = [_layer(channels, seed) for seed, channels in enumerate((3, 8, 5))]
    outputs = [layer(_images(layer.num_features)) for layer in layers]
    moments = Moments("bn")
    for index, (layer, output) in enumerate(zip(layers, outputs, strict=True)):
        assert moments.record(index + 5, layer, output)
    assert moments.indices == [5, 6, 7]
    mean, square = moments.read(PackedValues(moments.groups()).fetch())
    exact = [output.detach().double() for output in outputs]
    np.testing.assert_allclose(mean, [output.mean().item() for output in exact], atol=1e-7)
    np.testing.assert_allclose(square, [output.square().mean().item() for output in exact], 1e-6)


def test_only_a_bn_in_training_mode_has_statistics() -> None:
    layer, images = _layer(4, 0), _images(4)
    fresh = layer(images)
    assert Moments("bn").record(0, layer, fresh)
    assert not Moments("bn").record(0, nn.ReLU(), fresh)
    assert not Moments("bn").record(0, layer, torch.relu(fresh))
    with torch.no_grad():
        assert not Moments("bn").record(0, layer, layer(images))
    assert not Moments("bn").record(0, layer.eval(), layer(images))


@pytest.mark.parametrize("scale", [0.0, 1e-6])
def test_a_channel_of_tiny_or_constant_input(scale: float) -> None:
    layer, moments = nn.BatchNorm2d(2), Moments("bn")
    nn.init.constant_(layer.bias, 0.5)
    output = layer(scale * _images(2))
    assert moments.record(0, layer, output)
    _, square = moments.read(PackedValues(moments.groups()).fetch())
    assert square[0] == pytest.approx(output.detach().double().square().mean().item(), rel=1e-6)


def test_no_layers_have_no_moments() -> None:
    mean, square = Moments("bn").read({})
    assert mean.size == square.size == 0


Array = NDArray[np.float64]


def trained_like(spec: NetworkSpec, seed: int = 0) -> nn.Module:
    """A network with random scales and shifts in every BN, some negative, one zero."""
    model = build(spec, seed).to(memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 0.6, 0.5, generator=generator)
            nn.init.normal_(module.bias, -0.2, 0.5, generator=generator)
            with torch.no_grad():
                module.weight[0] = 0
    return model.train()


def images(batch: int = 32, size: int = 8) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, 3, size, size, generator=generator)


def response_std(model: nn.Module, x: Tensor, *, audit: bool = False) -> tuple[Array, float | None]:
    """Response std by layer and the audit's error, of one pass."""
    responses = Responses(response_sites(model), audit=audit)
    with ExitStack() as hooks:
        responses.attach(hooks)
        model(x)
    return responses.read(PackedValues(responses.groups()).fetch())


def branch_ratios(model: nn.Module, x: Tensor, blocks: list[Block] | None = None) -> Array:
    branches = Branches(blocks or [block for _, block in block_sites(model)])
    with ExitStack() as hooks:
        branches.attach(hooks)
        model(x)
    branches.finish()
    return branches.read(PackedValues(branches.groups()).fetch())


@contextmanager
def copied_responses(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Copies of the responses, made by the test's own hooks."""
    responses: dict[str, Tensor] = {}
    with ExitStack() as hooks:
        for site in response_sites(model):

            def copy_output(
                _: nn.Module, __: object, output: Tensor, name: str = site.layer_name
            ) -> None:
                responses[name] = output.detach().clone()

            handle = (site.bn or site.conv).register_forward_hook(copy_output)
            hooks.callback(handle.remove)
        yield responses


def float64_std(model: nn.Module, x: Tensor) -> Array:
    """Response std of the same network in float64, from its responses."""
    exact = copy.deepcopy(model).double()
    with copied_responses(exact) as responses:
        exact(x.double())
    return np.array([response.std(correction=0).item() for response in responses.values()])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_response_std_against_the_elements_in_float64(
    family: str, batch_norm: bool, block: str
) -> None:
    layers = 3 if block == "bottleneck" else 2
    spec = NetworkSpec(
        family=family,  # type: ignore[arg-type]
        depth=3 * layers + 2,
        block=block,  # type: ignore[arg-type]
        layers_per_block=layers,
        width=4,
        batch_norm=batch_norm,
    )
    model = trained_like(spec)
    std, audit_error = response_std(model, images(), audit=True)
    np.testing.assert_allclose(std, float64_std(model, images()), rtol=1e-6)
    assert audit_error == pytest.approx(0, abs=5e-6)


def test_response_std_of_a_deep_network() -> None:
    model = trained_like(NetworkSpec(family="resnet", depth=56, width=4))
    std, _ = response_std(model, images(16))
    np.testing.assert_allclose(std, float64_std(model, images(16)), rtol=1e-6)


def test_channels_of_different_means_make_the_std_larger() -> None:
    """The std is over B, C, H, W together."""
    model = build(NetworkSpec(family="plain", depth=8, width=4), seed=0).train()
    bn = model.bn1
    with torch.no_grad():
        bn.weight.fill_(0)
        bn.bias.copy_(torch.tensor([1.0, 1.0, -1.0, -1.0]))
    assert response_std(model, images())[0][0] == pytest.approx(1.0, abs=1e-12)


def test_a_constant_response_is_0() -> None:
    model = build(NetworkSpec(depth=8, width=4), seed=0).train()
    nn.init.zeros_(model.layer1[0].bn2.weight)
    std, audit_error = response_std(model, images(), audit=True)
    assert std[2] == 0
    assert audit_error == pytest.approx(0, abs=5e-6)


def test_a_dead_layer_before_bn() -> None:
    """With v = 0, gamma has no effect."""
    model = trained_like(NetworkSpec(depth=8, width=4))
    nn.init.zeros_(model.layer2[0].conv1.weight)
    expected = model.layer2[0].bn1.bias.double().std(correction=0).item()
    assert response_std(model, images())[0][3] == pytest.approx(expected, rel=1e-6)


def test_in_bf16_the_audit_error_is_small_but_not_0() -> None:
    model = trained_like(NetworkSpec(depth=20, width=8))
    with torch.autocast("cpu", torch.bfloat16):
        _, error = response_std(model, images(64), audit=True)
    assert error is not None
    assert 1e-6 < error < 2e-3


def test_the_audit_finds_a_wrong_value(monkeypatch: pytest.MonkeyPatch) -> None:
    model = trained_like(NetworkSpec(depth=8, width=4))
    read = Moments.read

    def wrong(self: Moments, values: Values) -> tuple[Array, ...]:
        return tuple(moment * [1, 1, 1, 1.25**2, 1, 1, 1] for moment in read(self, values))

    for bn in (site.bn for site in response_sites(model)):
        assert bn is not None
        nn.init.zeros_(bn.bias)  # so that the mean square alone is the variance
    monkeypatch.setattr(Moments, "read", wrong)
    assert response_std(model, images(), audit=True)[1] == pytest.approx(0.25, rel=1e-4)
    assert response_std(model, images())[1] is None


def test_bn_without_saved_statistics_is_measured() -> None:
    """In evaluation mode, or without a gradient, BN saves none."""
    model = trained_like(NetworkSpec(depth=8, width=4))
    with torch.no_grad():
        std, _ = response_std(model, images())
    np.testing.assert_allclose(std, float64_std(model, images()), rtol=1e-5)
    model.eval()
    with copied_responses(model) as responses:
        std, _ = response_std(model, images())
    expected = [direct_std(response).item() for response in responses.values()]
    np.testing.assert_allclose(std, expected, rtol=1e-5)


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_branch_ratios_against_the_equations(family: str, batch_norm: bool) -> None:
    spec = NetworkSpec(family=family, depth=14, width=4, batch_norm=batch_norm)  # type: ignore[arg-type]
    model = trained_like(spec)
    x = model.conv1(images(6))
    if family != "preresnet":
        x = torch.relu(model.bn1(x) if batch_norm else x)
    expected = []
    with torch.no_grad():
        for _, block in block_sites(model):
            expected.append((block.residual(x).double().norm() / x.double().norm()).item())
            x = block(x)
    assert len(expected) == 6
    np.testing.assert_allclose(branch_ratios(model, images(6)), expected, rtol=1e-5)


def test_a_branch_of_zeros_is_0() -> None:
    model = build(NetworkSpec(depth=8, width=4, initialization="zero_last"), seed=0).train()
    np.testing.assert_array_equal(branch_ratios(model, images(6)), np.zeros(3))


def test_branch_ratio_of_a_bottleneck() -> None:
    spec = NetworkSpec(depth=11, block="bottleneck", layers_per_block=3, width=4)
    model = build(spec, seed=0).train()
    _, first = block_sites(model)[0]
    x = torch.relu(model.bn1(model.conv1(images(6))))
    expected = first.residual(x).norm() / x.norm()
    assert branch_ratios(model, images(6))[0] == pytest.approx(expected.item(), rel=1e-5)


def test_a_norm_beyond_the_largest_number_of_fp16() -> None:
    model = trained_like(NetworkSpec(depth=14, width=4, batch_norm=False)).half()
    _, block = block_sites(model)[0]
    x = torch.full((2, 4, 8, 8), 6e3, dtype=torch.float16)
    assert x[0].double().norm() > torch.finfo(torch.float16).max
    expected = block.residual(x).double().norm() / x.double().norm()
    assert branch_ratios(block, x, [block])[0] == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_bf16_norms_are_added_up_in_fp32(batch_norm: bool) -> None:
    model = trained_like(NetworkSpec(depth=14, width=4, batch_norm=batch_norm))
    exact = branch_ratios(model, images(6))
    with torch.autocast("cpu", torch.bfloat16):
        ratios = branch_ratios(model, images(6))
    np.testing.assert_allclose(ratios, exact, rtol=0.02)


def hooks_of(model: nn.Module) -> list[str]:
    """The hooks that are on the network's modules."""
    return [
        f"{name}{kind}"
        for name, module in model.named_modules()
        for kind in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
        for _ in getattr(module, kind)
    ]


@pytest.fixture(params=FAMILIES)
def spec(request: pytest.FixtureRequest) -> NetworkSpec:
    return NetworkSpec(family=request.param, depth=8, width=4)


@pytest.fixture
def model(spec: NetworkSpec) -> nn.Module:
    return build(spec, seed=0).train()


def test_no_hook_remains(model: nn.Module) -> None:
    probes = Probes(model)
    assert hooks_of(model) == []
    with probes.recording(audit=True):
        assert len(hooks_of(model)) == 7 + 2 * 3  # a layer's response; a block's x and F(x)
        model(images(6))
    assert hooks_of(model) == []


class Broken(Exception):
    pass


@pytest.mark.parametrize("place", ["conv1", "layer2.0.conv2", "layer3.0.bn1", "fc"])
def test_no_hook_remains_after_an_error(model: nn.Module, place: str) -> None:
    def fail(*_: object) -> None:
        raise Broken

    probes = Probes(model)
    broken = model.get_submodule(place).register_forward_pre_hook(fail)
    with pytest.raises(Broken), probes.recording(audit=True):
        model(images(6))
    broken.remove()
    assert hooks_of(model) == []
    model(images(6))


def test_no_hook_remains_after_an_error_while_hooks_are_set(
    model: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Broken

    probes = Probes(model)
    with monkeypatch.context() as patched:
        patched.setattr(Block, "register_forward_pre_hook", fail)
        with pytest.raises(Broken), probes.recording():
            pass
    assert hooks_of(model) == []


def test_recording_changes_no_value(model: nn.Module, spec: NetworkSpec) -> None:
    other = build(spec, seed=0).train()
    with Probes(model).recording(audit=True):
        logits = model(images())
    assert torch.equal(logits, other(images()))
    for one, two in zip(model.buffers(), other.buffers(), strict=True):
        assert torch.equal(one, two)


def test_names_are_the_anatomys(model: nn.Module, spec: NetworkSpec) -> None:
    anatomy, probes = describe(spec), Probes(model)
    assert probes.layers == anatomy.layers_3x3
    assert probes.blocks == anatomy.block_names
    assert all(f"{name}.weight" in model.state_dict() for name in probes.layers)


def test_gradient_norms_are_those_of_the_3x3_layers(model: nn.Module) -> None:
    probes = Probes(model)
    with probes.recording() as outputs:
        logits = model(images(6))
    functional.cross_entropy(logits, torch.zeros(6, dtype=torch.int64)).backward()
    every = np.array([parameter.grad.norm().item() for parameter in model.parameters()])
    readings = outputs.read(PackedValues(outputs.groups()).fetch(), every)
    weights = dict(model.named_parameters())
    expected = [weights[f"{name}.weight"].grad.norm().item() for name in probes.layers]
    np.testing.assert_allclose(readings.gradient_norm, expected, rtol=1e-6)
    assert readings.audit_error is None
