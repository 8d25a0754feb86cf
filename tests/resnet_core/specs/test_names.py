"""Networks by name: which kind of description a name leads to, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.imagenet import ARCHITECTURES, ImageNetSpec
from resnet_core.specs.names import spec_of


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_name_gives_the_architecture_back(architecture):
    spec = ImageNetSpec(architecture)
    assert spec_of(f" {spec.name.upper()} ") == spec
    assert spec.name == f"imagenet/{architecture}"


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_the_blocks_of_table_1_add_up_to_the_depth(depth):
    spec = ImageNetSpec(f"resnet-{depth}")
    assert sum(spec.stage_blocks) * spec.layers_per_block + 2 == spec.depth == depth
    assert spec.features == (2048 if depth >= 50 else 512)


def test_defaults_are_the_papers():
    imagenet, cifar = spec_of("imagenet/resnet-50"), spec_of("cifar/resnet-56")
    assert (imagenet.shortcut, imagenet.stride_in) == ("B", "1x1")
    assert (imagenet.image_size, imagenet.classes) == (224, 1000)
    assert cifar == NetworkSpec(depth=56)
    assert (cifar.stage_blocks, cifar.stride_in) == ((9, 9, 9), "1x1")


def test_settings_reach_the_description():
    assert spec_of("imagenet/resnet-101", stride_in="3x3", classes=7) == ImageNetSpec(
        "resnet-101", stride_in="3x3", classes=7
    )
    bottleneck = spec_of("cifar/resnet-29", block="bottleneck", width=8)
    assert bottleneck == NetworkSpec(depth=29, block="bottleneck", layers_per_block=3, width=8)


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("imagenet/resnet-51", {}, "network: .*did you mean imagenet/resnet-5?"),
        ("imagenet/resnet18", {}, "did you mean imagenet/resnet-18?"),
        ("imagenet/" + "x" * 500, {}, "choose plain-18, plain-34"),
        ("imagenet/", {}, "choose plain-18"),
        ("resnet-50", {}, "write imagenet/resnet-50"),
        ("alexnet", {}, "write cifar/FAMILY-DEPTH"),
        ("imagenet/resnet-50", {"width": 32}, "width: imagenet/resnet-50 has no such setting"),
        ("cifar/resnet-20", {"stride_in": "3x3"}, "stride_in: cifar/resnet-20 has no bottlenecks"),
        ("cifar/resnet-20", {"depth": 8}, "depth: cifar/resnet-20 has no such setting"),
        ("imagenet/resnet-50", {"shortcut": "D"}, "shortcut: 'D' is not known; choose A, B or C"),
        ("imagenet/resnet-50", {"stride_in": "5x5"}, "choose 1x1 or 3x3"),
        ("imagenet/resnet-50", {"image_size": 0}, "image_size: 0 pixels .* use 1"),
        ("imagenet/resnet-50", {"classes": 0}, "classes: 0 is too small"),
        ("imagenet/vgg-16", {"image_size": 16}, "from 32 to 4096.*use 32"),
        ("imagenet/googlenet", {"image_size": 14}, "use 15"),
        ("imagenet/vgg-19", {"activation": "tanh"}, "activation: vgg-19 is as torchvision has it"),
        ("imagenet/googlenet", {"channels": 1}, "channels: googlenet .* must be 3"),
    ],
)
def test_refusals(name, settings, says):
    with pytest.raises(InvalidSetting, match=says) as refusal:
        spec_of(name, **settings)
    assert len(str(refusal.value)) < 300


def test_an_unknown_architecture_is_refused_without_a_name_too():
    with pytest.raises(InvalidSetting, match="there is no imagenet/vgg-11"):
        ImageNetSpec("vgg-11")


def test_needs_no_torch():
    program = "import sys, resnet_core.specs.names; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=240).returncode == 0
