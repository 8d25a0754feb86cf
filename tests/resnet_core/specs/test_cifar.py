"""Names and depths: what is accepted, and what the refusals say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import DEEPEST, FAMILIES, NetworkSpec, check_depth, parse_name


@given(family=st.sampled_from(FAMILIES), n=st.integers(1, 200), layers_per_block=st.integers(1, 3))
def test_a_name_gives_family_and_depth_back(family, n, layers_per_block):
    spec = NetworkSpec(
        family=family, depth=3 * layers_per_block * n + 2, layers_per_block=layers_per_block
    )
    assert parse_name(spec.name, layers_per_block) == (family, spec.depth)
    assert parse_name(f"  {spec.name.upper()} ", layers_per_block) == (family, spec.depth)
    assert spec.blocks_per_stage == n


@pytest.mark.parametrize(
    ("depth", "layers_per_block", "says"),
    [
        (21, 2, "the nearest are 20 and 26"),
        (1203, 2, "the nearest are 1202 and 1208"),
        (7, 2, "the least is 8"),
        (0, 2, "the least is 8"),
        (-1, 2, "the least is 8"),
        (4, 1, "the least is 5"),
        (20, 3, None),
        (21, 3, "the nearest are 20 and 29"),
        (10**9, 2, f"{DEEPEST} layers"),
        (56, 2, None),
        (1202, 2, None),
    ],
)
def test_depths(depth, layers_per_block, says):
    if says is None:
        check_depth(depth, layers_per_block)
        return
    with pytest.raises(InvalidSetting, match=says) as refusal:
        check_depth(depth, layers_per_block)
    assert refusal.value.field == "network"
    with pytest.raises(InvalidSetting, match=says):
        NetworkSpec(depth=depth, layers_per_block=layers_per_block)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("resnet-56", "cifar/resnet-56"),
        ("cifar/resnet", "cifar/resnet-20"),
        ("cifar/resnet-5.6", "cifar/resnet-20"),
        ("cifar/resnet-" + "9" * 500, "cifar/resnet-20"),
        ("cifar/resnet-٥٦", "cifar/resnet-20"),
        ("", "cifar/resnet-20"),
        ("cifar/vgg-20", "choose one of plain, resnet, highway, preresnet"),
        ("cifar/resnet--1", "the least is 8"),
    ],
)
def test_names_that_are_refused(name, says):
    with pytest.raises(InvalidSetting, match=says) as refusal:
        parse_name(name)
    assert refusal.value.field == "network"
    assert len(str(refusal.value)) < 300


def test_a_bottleneck_has_three_layers():
    with pytest.raises(InvalidSetting, match="a bottleneck has 3 layers, not 2; use 3"):
        NetworkSpec(depth=20, block="bottleneck", layers_per_block=2)
    assert NetworkSpec(depth=20, block="bottleneck", layers_per_block=3).features == 256


def test_widths():
    assert NetworkSpec().features == 64
    assert NetworkSpec(width=7).features == 28
    assert not NetworkSpec(family="plain").has_shortcuts
    assert NetworkSpec(family="highway").has_shortcuts


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("resnet20", "cifar/resnet-20"),
        ("cifar/resnet20", "cifar/resnet-20"),
        ("ResNet-56", "cifar/resnet-56"),
        ("resnet18", "imagenet/resnet-18"),
        ("preact_resnet-20", "cifar/preresnet-20"),
        ("PreActResNet20", "cifar/preresnet-20"),
    ],
)
def test_names_of_other_code_lead_to_ours(given: str, meant: str) -> None:
    with pytest.raises(InvalidSetting, match=f"write {meant}"):
        parse_name(given)
