"""The arithmetic against the real modules, torch's own flop counter and the paper."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from resnet_core.anatomy.describe import describe
from resnet_core.networks.catalog import architecture
from resnet_core.specs.cifar import FAMILIES, NetworkSpec
from tests.observed_network import Observed

# Blocks per stage, width, image size, channels, classes, option A's padding.
SIZES = [(1, 16, 32, 3, 10, "end"), (2, 5, 15, 1, 100, "both")]
BLOCKS = [("basic", 1), ("basic", 2), ("basic", 3), ("bottleneck", 3)]
OPTIONS = [("plain", "A"), *product(["resnet", "preresnet", "highway"], "ABC")]
SPECS = [
    NetworkSpec(
        family=family,
        depth=3 * layers * n + 2,
        shortcut=shortcut,
        option_a_padding=padding,
        block=block,
        layers_per_block=layers,
        width=width,
        batch_norm=batch_norm,
        image_size=image_size,
        channels=channels,
        classes=classes,
    )
    for (family, shortcut), (block, layers), batch_norm in product(OPTIONS, BLOCKS, [True, False])
    for n, width, image_size, channels, classes, padding in SIZES
]


def name_of(spec: NetworkSpec) -> str:
    return (
        f"{spec.family}-{spec.depth}-{spec.shortcut}-{spec.block}{spec.layers_per_block}"
        f"-{spec.image_size}px-{'bn' if spec.batch_norm else 'no-bn'}"
    )


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_agrees_with_the_modules(spec):
    anatomy, observed = describe(spec), Observed(spec)

    stated = [item for layer in anatomy.layers for item in layer.shapes.items()]
    assert stated == [(name, tuple(p.shape)) for name, p in observed.model.named_parameters()]
    assert anatomy.parameters == sum(p.numel() for p in observed.model.parameters())
    assert anatomy.multiply_adds == observed.multiply_adds[""]

    for layer in anatomy.layers:
        module = observed.model.get_submodule(layer.name)
        shape = (layer.out_channels, layer.height, layer.width)
        assert observed.outputs[layer.name] == (shape[:1] if layer.name == "fc" else shape)
        assert layer.multiply_adds == observed.multiply_adds.get(layer.name, 0)
        assert layer.parameters == sum(p.numel() for p in module.parameters())
        if isinstance(module, nn.Conv2d):
            assert (layer.kernel, layer.kernel) == module.kernel_size
            assert (layer.stride, layer.stride) == module.stride
        else:
            assert layer.kind in {"batch-norm", "fully-connected"}

    for block in anatomy.blocks:
        assert block.out_shape == observed.outputs[block.name]
        assert block.multiply_adds == observed.multiply_adds[block.name]
        assert block.parameters == sum(
            p.numel() for p in observed.model.get_submodule(block.name).parameters()
        )
    assert anatomy.weighted_layers == spec.depth


@pytest.mark.parametrize(
    ("depth", "shortcut", "parameters", "millions"),
    [
        (20, "A", 269_722, 40.6),
        (32, "A", 464_154, 69),
        (44, "A", 658_586, 97),
        (56, "A", 853_018, 125.5),
        (110, "A", 1_727_962, 252.9),
        (1202, "A", 19_421_274, None),
        (20, "B", 272_474, None),
        (20, "C", 283_962, None),
        (56, "B", 855_770, None),
        (56, "C", 900_858, None),
    ],
)
def test_the_papers_networks(depth, shortcut, parameters, millions):
    anatomy = describe(NetworkSpec(depth=depth, shortcut=shortcut))
    assert anatomy.parameters == parameters
    assert anatomy.weighted_layers == depth
    assert len(anatomy.layers_3x3) == depth - 1
    if millions is not None:
        digits = 1 if isinstance(millions, float) else 0
        assert round(anatomy.multiply_adds / 1e6, digits) == millions


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110, 1202])
def test_a_plain_network_costs_what_its_twin_does(depth):
    plain, twin = (describe(NetworkSpec(family=f, depth=depth)) for f in ("plain", "resnet"))
    assert [layer.shapes for layer in plain.layers] == [layer.shapes for layer in twin.layers]
    assert plain.multiply_adds == twin.multiply_adds


def test_the_1202_layers_are_the_modules_too():
    with torch.device("meta"):
        model = architecture(NetworkSpec(depth=1202))
    assert sum(p.numel() for p in model.parameters()) == 19_421_274
    assert sum(isinstance(module, nn.Conv2d) for module in model.modules()) == 1201


@settings(deadline=None, max_examples=60)
@given(
    n=st.integers(1, 60),
    width=st.integers(1, 64),
    channels=st.integers(1, 4),
    classes=st.integers(1, 200),
    image_size=st.integers(1, 70),
)
def test_closed_form(n, width, channels, classes, image_size):
    """Section 4.2 summed by hand: stages of 2n layers, each stage's first from half as many."""
    w, size = width, image_size
    half, quarter = (size + 1) // 2, ((size + 1) // 2 + 1) // 2
    stem, first = 9 * channels * w, 9 * w**2 * 2 * n
    second = 9 * w * 2 * w + 9 * (2 * w) ** 2 * (2 * n - 1)
    third = 9 * 2 * w * 4 * w + 9 * (4 * w) ** 2 * (2 * n - 1)
    norms = 2 * (w + 2 * n * (w + 2 * w + 4 * w))
    classifier = 4 * w * classes
    anatomy = describe(
        NetworkSpec(
            depth=6 * n + 2,
            width=width,
            channels=channels,
            classes=classes,
            image_size=image_size,
        )
    )
    assert anatomy.parameters == stem + first + second + third + norms + classifier + classes
    assert anatomy.multiply_adds == (
        (stem + first) * size**2 + second * half**2 + third * quarter**2 + classifier
    )


@pytest.mark.parametrize("spec", SPECS[::7], ids=name_of)
def test_stages_and_blocks_add_up(spec):
    anatomy = describe(spec)
    assert sum(stage.parameters for stage in anatomy.stages) == anatomy.parameters
    assert sum(stage.multiply_adds for stage in anatomy.stages) == anatomy.multiply_adds
    assert sum(stage.weighted_layers for stage in anatomy.stages) == spec.depth
    assert [stage.name for stage in anatomy.stages] == ["conv1", "layer1", "layer2", "layer3", "fc"]
    for number in (1, 2, 3):
        blocks = [block for block in anatomy.blocks if block.stage == number]
        assert [block.index for block in blocks] == list(range(spec.blocks_per_stage))
        assert anatomy.stages[number].out_shape == blocks[-1].out_shape
        assert anatomy.stages[number].parameters == sum(block.parameters for block in blocks)
    shapes = [block.out_shape for block in anatomy.blocks]
    assert [block.in_shape for block in anatomy.blocks[1:]] == shapes[:-1]


def test_shortcuts_by_option():
    kinds = {
        option: [block.shortcut for block in describe(NetworkSpec(shortcut=option)).blocks]
        for option in "ABC"
    }
    same = "identity"
    padded, projected = "zero-padding", "projection"
    assert kinds["A"] == [same, same, same, padded, same, same, padded, same, same]
    assert kinds["B"] == [same, same, same, projected, same, same, projected, same, same]
    assert kinds["C"] == [projected] * 9
    plain = describe(NetworkSpec(family="plain", shortcut="C"))
    assert {block.shortcut for block in plain.blocks} == {"none"}
    wide = describe(NetworkSpec(block="bottleneck", layers_per_block=3))
    assert [block.shortcut for block in wide.blocks] == [padded, same] * 3
    assert [block.stride for block in wide.blocks] == [1, 1, 2, 1, 2, 1]


@pytest.mark.parametrize(
    ("family", "options", "equations"),
    [
        ("plain", {}, ["y = ReLU(F(x))", "y = ReLU(F(x))"]),
        ("resnet", {}, ["y = ReLU(F(x) + x)", "y = ReLU(F(x) + pad(x))"]),
        ("resnet", {"activation": "tanh"}, ["y = tanh(F(x) + x)", "y = tanh(F(x) + pad(x))"]),
        ("preresnet", {"shortcut": "B"}, ["y = F(x) + x", "y = F(x) + Wx"]),
        (
            "highway",
            {"activation": "sigmoid"},
            [
                "y = T(x)·sigmoid(F(x)) + (1 - T(x))·x",
                "y = T(x)·sigmoid(F(x)) + (1 - T(x))·pad(x)",
            ],
        ),
    ],
)
def test_equations(family, options, equations):
    anatomy = describe(NetworkSpec(family=family, depth=8, **options))
    assert [block.equation for block in anatomy.blocks[:2]] == equations
    assert {block.gated for block in anatomy.blocks} == {family == "highway"}


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({}, "3x3, 32, /2 > BN > ReLU > 3x3, 32 > BN"),
        ({"family": "preresnet"}, "BN > ReLU > 3x3, 32, /2 > BN > ReLU > 3x3, 32"),
        ({"batch_norm": False}, "3x3, 32, /2 > ReLU > 3x3, 32"),
        ({"batch_norm": False, "family": "preresnet"}, "ReLU > 3x3, 32, /2 > ReLU > 3x3, 32"),
        ({"depth": 5, "layers_per_block": 1}, "3x3, 32, /2 > BN"),
        (
            {"depth": 11, "layers_per_block": 3, "block": "bottleneck"},
            "1x1, 32, /2 > BN > ReLU > 3x3, 32 > BN > ReLU > 1x1, 128 > BN",
        ),
    ],
)
def test_steps_of_a_branch(options, steps):
    block = describe(NetworkSpec(**{"depth": 8, **options})).blocks[1]
    assert " > ".join(block.branch) == steps


@pytest.mark.parametrize("family", FAMILIES)
def test_asked_twice_it_is_not_worked_out_again(family):
    assert describe(NetworkSpec(family=family)) is describe(NetworkSpec(family=family))


def test_needs_no_torch():
    program = "import sys, resnet_core.anatomy.describe; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=240).returncode == 0
