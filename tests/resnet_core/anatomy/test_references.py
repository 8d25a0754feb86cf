"""ImageNet's networks: the arithmetic against modules, torch's flop counter and Table 1."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import pytest
from torch import nn

from resnet_core.anatomy.describe import describe
from resnet_core.networks.catalog import block_sites, response_sites
from resnet_core.specs.imagenet import ARCHITECTURES, ImageNetSpec
from tests.observed_network import Observed

DEPTHS = [18, 34, 50, 101, 152]
SPECS = [
    *(ImageNetSpec(name) for name in ARCHITECTURES),
    *(ImageNetSpec(f"resnet-{depth}", shortcut=o) for depth, o in product((18, 34, 50), "AC")),
    ImageNetSpec("resnet-50", stride_in="3x3"),
    ImageNetSpec("resnet-101", "C", "both", "3x3", image_size=75, channels=1, classes=12),
    ImageNetSpec("plain-34", image_size=33, channels=4, classes=2),
    ImageNetSpec("vgg-16", image_size=100, classes=9),
    ImageNetSpec("vgg-19", image_size=448),
    *(ImageNetSpec("googlenet", image_size=size) for size in (15, 37, 97, 101, 300)),
]


observe = lru_cache(maxsize=None)(Observed)  # on the meta device it takes no memory


def name_of(spec: ImageNetSpec) -> str:
    return f"{spec.architecture}-{spec.shortcut}-{spec.stride_in}-{spec.image_size}px"


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_agrees_with_the_modules(spec):
    anatomy, observed = describe(spec), observe(spec)

    stated = [item for layer in anatomy.layers for item in layer.shapes.items()]
    assert stated == [(name, tuple(p.shape)) for name, p in observed.model.named_parameters()]
    assert anatomy.parameters == sum(p.numel() for p in observed.model.parameters())
    assert anatomy.multiply_adds == observed.multiply_adds[""]
    assert anatomy.weighted_layers == spec.depth

    for layer in anatomy.layers:
        if layer.kind == "concat":
            continue
        module = observed.model.get_submodule(layer.name)
        shape = (layer.out_channels, layer.height, layer.width)
        flat = layer.kind == "fully-connected"
        assert observed.outputs[layer.name] == (shape[:1] if flat else shape), layer.name
        assert layer.multiply_adds == observed.multiply_adds.get(layer.name, 0)
        assert layer.parameters == sum(p.numel() for p in module.parameters())
        if isinstance(module, nn.Conv2d):
            assert (layer.kernel, layer.kernel) == module.kernel_size
            assert (layer.stride, layer.stride) == module.stride
            assert (layer.padding, layer.padding) == module.padding
        elif isinstance(module, nn.MaxPool2d):
            assert layer.kind == "max-pool"
            geometry = (module.kernel_size, module.stride, module.padding)
            assert (layer.kernel, layer.stride, layer.padding) == geometry
        else:
            assert layer.kind in {"batch-norm", "fully-connected", "avg-pool"}


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_blocks_agree_with_the_modules(spec):
    anatomy, observed = describe(spec), observe(spec)
    assert tuple(s.layer_name for s in response_sites(observed.model)) == anatomy.layers_3x3
    if not spec.is_reference:
        assert tuple(name for name, _ in block_sites(observed.model)) == anatomy.block_names
    for block in anatomy.blocks:
        assert {layer.block for layer in block.layers} == {block.name}
        assert {layer.stage for layer in block.layers} == {block.stage}
        if spec.family == "vgg":
            assert observed.outputs[block.layers[-1].name] == block.out_shape
            continue
        module = observed.model.get_submodule(block.name)
        assert block.out_shape == observed.outputs[block.name]
        assert block.multiply_adds == observed.multiply_adds[block.name]
        assert block.parameters == sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("resnet-18", 1.8),
        ("resnet-34", 3.6),
        ("resnet-50", 3.8),
        ("resnet-101", 7.6),
        ("resnet-152", 11.3),
        ("plain-34", 3.6),
        ("vgg-19", 19.6),
    ],
)
def test_the_multiply_adds_are_those_of_table_1(name, billions):
    assert describe(ImageNetSpec(name)).multiply_adds == pytest.approx(billions * 1e9, rel=0.03)


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_output_sizes_are_those_of_table_1(depth):
    stages = describe(ImageNetSpec(f"resnet-{depth}")).stages
    assert [stage.name for stage in stages] == [
        "conv1", "layer1", "layer2", "layer3", "layer4", "fc",
    ]  # fmt: skip
    assert [stage.out_shape[1] for stage in stages] == [112, 56, 28, 14, 7, 1]
    wide = 4 if depth >= 50 else 1
    assert [stage.out_shape[0] for stage in stages] == [
        64, *(wide * filters for filters in (64, 128, 256, 512)), 1000,
    ]  # fmt: skip


def test_torchvisions_stride_costs_more():
    """Its 3x3 layer works on the larger map until it has halved it."""
    paper, torchvisions = (
        describe(ImageNetSpec("resnet-50", stride_in=where)) for where in ("1x1", "3x3")
    )
    assert paper.parameters == torchvisions.parameters == 25_557_032
    assert torchvisions.multiply_adds == pytest.approx(4.09e9, rel=0.003)  # as it states itself
    assert torchvisions.multiply_adds > paper.multiply_adds


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_stages_add_up(spec):
    anatomy = describe(spec)
    assert sum(stage.parameters for stage in anatomy.stages) == anatomy.parameters
    assert sum(stage.multiply_adds for stage in anatomy.stages) == anatomy.multiply_adds
    assert sum(stage.weighted_layers for stage in anatomy.stages) == spec.depth
    for block in anatomy.blocks:
        stage = anatomy.stages[block.stage]
        assert block.out_shape[1:] == stage.out_shape[1:]
    for before, after in zip(anatomy.blocks, anatomy.blocks[1:], strict=False):
        if spec.family != "googlenet" or before.stage == after.stage:
            assert after.in_shape == before.out_shape


def test_a_blocks_words():
    vgg = describe(ImageNetSpec("vgg-16")).blocks[1]
    assert (vgg.name, vgg.equation) == ("conv2", "y = F(pool(x))")
    assert vgg.branch == ("max pool, /2", "3x3, 128", "ReLU", "3x3, 128", "ReLU")
    module = describe(ImageNetSpec("googlenet")).blocks[0]
    assert module.equation == "y = concat(F1(x), F2(x), F3(x), F4(x))"
    assert module.branch == (
        "1x1, 64", "1x1, 96 > 3x3, 128", "1x1, 16 > 3x3, 32", "max pool > 1x1, 32",
    )  # fmt: skip
    first, second = (
        describe(ImageNetSpec("resnet-50", stride_in=where)).blocks[3] for where in ("1x1", "3x3")
    )
    assert first.equation == second.equation == "y = ReLU(F(x) + Wx)"
    assert " > ".join(first.branch).startswith("1x1, 128, /2 > BN > ReLU > 3x3, 128 >")
    assert " > ".join(second.branch).startswith("1x1, 128 > BN > ReLU > 3x3, 128, /2 >")
