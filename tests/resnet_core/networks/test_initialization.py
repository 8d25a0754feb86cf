"""What the first weights are, and that common layers have them in common."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from resnet_core.networks.blocks import HighwayBlock
from resnet_core.networks.catalog import block_sites, build
from resnet_core.specs.cifar import FAMILIES, NetworkSpec


def state(seed: int = 0, **options) -> dict[str, torch.Tensor]:
    return build(NetworkSpec(**{"depth": 14, "width": 8, **options}), seed).state_dict()


def assert_same(one, other, names=None):
    for name in names or one:
        assert torch.equal(one[name], other[name]), name


@pytest.mark.parametrize("padding", ["end", "both"])
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("initialization", ["he", "xavier", "small_normal"])
@pytest.mark.parametrize("depth", [20, 56])
def test_twins_are_equal_bit_by_bit(padding, batch_norm, initialization, depth):
    common = {"depth": depth, "batch_norm": batch_norm, "initialization": initialization}
    plain = state(family="plain", **common)
    twin = state(family="resnet", option_a_padding=padding, **common)
    assert list(plain) == list(twin)
    assert_same(plain, twin)


@pytest.mark.parametrize(
    ("options", "own"),
    [
        ({"shortcut": "B"}, "downsample"),
        ({"shortcut": "C"}, "downsample"),
        ({"family": "highway"}, "gate"),
        ({"depth": 20}, ["layer1.2", "layer2.2", "layer3.2"]),
        ({"family": "preresnet"}, "bn"),
        ({"classes": 100}, "fc"),
        ({"batch_norm": False}, "bias"),
    ],
)
def test_layers_in_common_start_alike(options, own):
    base, other = state(), state(**options)
    own = [own] if isinstance(own, str) else own
    common = [n for n in base if n in other and not any(part in n for part in own)]
    convolutions = [n for n in base if "conv" in n and n.endswith("weight")]
    assert set(convolutions) <= set(common)
    assert_same(base, other, common)


def test_same_seed_same_values_and_another_seed_others():
    first, again, other = state(3), state(3), state(4)
    assert_same(first, again)
    for name, value in first.items():
        if value.ndim > 1:
            assert not torch.equal(value, other[name]), name


def test_no_two_layers_share_a_draw():
    values = [v for v in state(depth=56, width=4).values() if v.ndim == 4]
    starts = {tuple((v / v.std()).flatten()[:3].tolist()) for v in values}
    assert len(starts) == len(values) == 55


@pytest.mark.parametrize("family", FAMILIES)
def test_global_random_state_is_neither_read_nor_set(family):
    torch.manual_seed(11)
    before = torch.get_rng_state()
    one = state(family=family, shortcut="C")
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(12)
    assert_same(one, state(family=family, shortcut="C"))


def test_the_values_of_a_seed_stay_what_they_are():
    """Recorded runs and saved comparisons rely on it; other machines may differ in the last bit."""
    drawn = build(NetworkSpec(), seed=0).state_dict()
    expected = {
        "conv1.weight": [-0.116962, -0.073469, -0.498970],
        "layer2.0.conv1.weight": [-0.208532, -0.093467, 0.098433],
        "fc.weight": [-0.033790, -0.130474, 0.224182],
    }
    for name, values in expected.items():
        found = drawn[name].flatten()[: len(values)]
        torch.testing.assert_close(found, torch.tensor(values), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("initialization", ["he", "xavier", "small_normal", "zero_last"])
def test_spread_of_the_weights(initialization):
    """Against torch's fans; the standard deviation of N normal draws is off by 1 / sqrt(2N)."""
    spec = NetworkSpec(
        depth=8, width=16, shortcut="B", batch_norm=True, initialization=initialization
    )
    model = build(spec, seed=0)
    for name, module in model.named_modules():
        if not isinstance(module, nn.Conv2d | nn.Linear):
            continue
        reference = torch.empty(module.weight.shape)
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(reference)
        expected = {
            "he": nn.init.calculate_gain("relu") / math.sqrt(fan_in),
            "zero_last": nn.init.calculate_gain("relu") / math.sqrt(fan_in),
            "xavier": math.sqrt(2 / (fan_in + fan_out)),
            "small_normal": 0.01,
        }[initialization]
        count = module.weight.numel()
        found = module.weight.std().item()
        assert abs(found / expected - 1) < 4.5 / math.sqrt(2 * count), name
        assert abs(module.weight.mean().item()) < 4.5 * expected / math.sqrt(count), name
        if module.bias is not None:
            assert not module.bias.any()


@pytest.mark.parametrize(("initialization", "factor"), [("he", 1.0), ("xavier", 0.5)])
def test_size_of_the_response_by_depth_without_bn(initialization, factor):
    """He et al. 2015: E[x^2] after each ReLU stays; with Xavier's variance each layer halves it.

    Borders see zeros outside, which costs a few per cent a layer.
    """
    spec = NetworkSpec(
        family="plain", depth=20, width=32, batch_norm=False, initialization=initialization
    )
    model = build(spec, seed=0)
    with torch.no_grad():
        first = model.activation(model.conv1(torch.randn(4, 3, 32, 32)))
        last = model.layer3(model.layer2(model.layer1(first)))
    per_layer = (last.square().mean() / first.square().mean()).item() ** (1 / 18)
    assert 0.85 * factor < per_layer < 1.1 * factor


@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_networks_norms_and_statistics(family):
    for name, value in state(family=family, shortcut="C").items():
        if name.endswith("running_mean") or (name.endswith("bias") and "gate" not in name):
            assert not value.any(), name
        elif name.endswith("running_var") or (value.ndim == 1 and name.endswith("weight")):
            assert (value == 1).all(), name
        elif name.endswith("num_batches_tracked"):
            assert value == 0, name


def test_gates_start_nearly_shut():
    for _, block in block_sites(build(NetworkSpec(family="highway", depth=8, width=8), seed=0)):
        assert isinstance(block, HighwayBlock)
        opening = block.transform(torch.zeros(1, block.gate.in_channels, 4, 4))
        torch.testing.assert_close(opening, torch.full_like(opening, 1 / (1 + math.exp(2))))


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("family", ["resnet", "preresnet"])
def test_zero_last_starts_every_block_as_its_shortcut(family, batch_norm, block):
    spec = NetworkSpec(
        family=family,
        depth=20,
        width=4,
        block=block,
        layers_per_block=3,
        batch_norm=batch_norm,
        initialization="zero_last",
        image_size=8,
    )
    model = build(spec, seed=0)
    places = block_sites(model)
    assert len(places) == 6
    for name, place in places:
        x = torch.randn(4, place.conv1.in_channels, 8, 8)
        y, shortcut = place(x), place.shortcut(x)
        assert torch.equal(y, torch.relu(shortcut) if family == "resnet" else shortcut), name
    nn.functional.cross_entropy(model(torch.randn(8, 3, 8, 8)), torch.arange(8)).backward()
    for name, place in places:  # and it can leave that start
        last = place.get_parameter(
            ("bn3" if batch_norm and family == "resnet" else "conv3") + ".weight"
        )
        assert not last.any(), name
        assert last.grad.abs().max() > 0, name


@pytest.mark.parametrize("family", ["plain", "highway"])
def test_zero_last_is_he_where_nothing_is_added_to_the_branch(family):
    assert_same(state(family=family, initialization="zero_last"), state(family=family))
