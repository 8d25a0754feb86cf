"""Architectures told by their shapes; what shapes cannot tell is asked."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torchvision import models

from resnet_core.errors import CheckpointError, InvalidSetting
from resnet_core.networks.catalog import architecture
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.imagenet import ARCHITECTURES, ImageNetSpec
from resnet_core.specs.names import Spec
from resnet_core.weights.recognition import questions, recognise

CIFAR = [
    NetworkSpec(family, depth, shortcut, padding, width=width, classes=classes)
    for family, depth, shortcut, padding, width, classes in [
        ("plain", 20, "A", "end", 16, 10),
        ("resnet", 20, "A", "both", 16, 100),
        ("resnet", 56, "B", "end", 16, 10),
        ("resnet", 110, "C", "end", 4, 10),
        ("resnet", 8, "B", "end", 8, 2),
        ("resnet", 8, "C", "end", 8, 2),
        ("highway", 20, "A", "end", 8, 10),
        ("highway", 14, "B", "end", 8, 10),
        ("preresnet", 20, "A", "both", 8, 10),
        ("preresnet", 20, "C", "end", 8, 10),
    ]
]
OTHERS = [
    NetworkSpec("resnet", 29, "B", block="bottleneck", layers_per_block=3, width=8),
    NetworkSpec("resnet", 11, "C", block="bottleneck", layers_per_block=3, width=8),
    NetworkSpec("preresnet", 29, "A", block="bottleneck", layers_per_block=3, width=8),
    NetworkSpec("resnet", 11, "A", layers_per_block=3, channels=1),
    NetworkSpec("plain", 8, layers_per_block=1),
    NetworkSpec("highway", 14, batch_norm=False),
    *(ImageNetSpec(name, classes=12) for name in ARCHITECTURES),
    *(ImageNetSpec(f"resnet-{depth}", o) for depth, o in product((18, 34, 50), "AC")),
]


def shapes(spec: Spec) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        return {name: tuple(t.shape) for name, t in architecture(spec).state_dict().items()}


@pytest.mark.parametrize("spec", [*CIFAR, *OTHERS], ids=lambda s: f"{s.name}-{s.shortcut}")
def test_the_network_is_among_the_candidates_and_all_candidates_fit(spec):
    found = recognise(shapes(spec)).candidates
    for candidate in found:
        assert shapes(candidate) == shapes(spec)
    assert any(
        (one.name, one.width, one.classes, one.channels)
        == (spec.name, spec.width, spec.classes, spec.channels)
        and (not spec.has_shortcuts or one.shortcut == spec.shortcut or spec.depth == 11)
        for one in found
    )


@pytest.mark.parametrize(
    ("spec", "asked"),
    [
        (CIFAR[0], {"name": 2, "option_a_padding": 2}),
        (CIFAR[1], {"name": 2, "option_a_padding": 2}),
        (CIFAR[2], {}),
        (CIFAR[3], {}),
        (CIFAR[4], {}),
        (CIFAR[5], {}),
        (CIFAR[6], {"option_a_padding": 2}),
        (CIFAR[7], {}),
        (CIFAR[8], {"option_a_padding": 2}),
        (OTHERS[1], {"stride_in": 2}),
        (NetworkSpec(depth=14, batch_norm=False), {"name": 3, "option_a_padding": 2}),
        (ImageNetSpec("resnet-18"), {}),
        (ImageNetSpec("plain-34"), {"name": 2, "option_a_padding": 2}),
        (ImageNetSpec("resnet-50"), {"stride_in": 2}),
        (ImageNetSpec("resnet-50", "A"), {"option_a_padding": 2, "stride_in": 2}),
        (ImageNetSpec("vgg-16"), {}),
        (ImageNetSpec("googlenet"), {}),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_what_is_open_is_asked(spec, asked):
    found = questions(recognise(shapes(spec)).candidates)
    assert {field: len(answers) for field, answers in found.items()} == asked


def test_answers_settle_it():
    recognition = recognise(shapes(NetworkSpec(depth=20)))
    assert recognition.networks() == ("cifar/plain-20", "cifar/resnet-20 (option A)")
    (plain,) = recognition.settled(name="cifar/plain-20", shortcut="A", option_a_padding="both")
    assert plain.family == "plain"
    (both,) = recognition.settled(name="cifar/resnet-20", option_a_padding="both")
    assert (both.shortcut, both.option_a_padding) == ("A", "both")
    assert len(recognition.settled(name=None, shortcut="A")) == 2  # both paddings, no plain one
    (torchvisions,) = recognise(shapes(ImageNetSpec("resnet-50"))).settled(
        name=None, stride_in="3x3", option_a_padding="end"
    )
    assert torchvisions.stride_in == "3x3"


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"name": "cifar/resnet-32"}, "network: cifar/resnet-32 is not what the file holds; by"),
        ({"name": "cifar/resnet-20", "shortcut": "B"}, "shortcut: B is not what the file holds"),
        ({"name": None, "shortcut": "B"}, "cifar/plain-20 or cifar/resnet-20"),
    ],
)
def test_answers_that_contradict_the_file(answers, says):
    with pytest.raises(InvalidSetting, match=says):
        recognise(shapes(NetworkSpec(depth=20))).settled(**answers)


def changed(spec: Spec, **changes: tuple[int, ...] | None) -> dict[str, tuple[int, ...]]:
    found = {**shapes(spec), **{name.replace("__", "."): s for name, s in changes.items()}}
    return {name: shape for name, shape in found.items() if shape is not None}


R20 = NetworkSpec(depth=20)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({}, "it has no convolution conv1.weight"),
        ({"w": (3,)}, "it has no convolution conv1.weight"),
        (changed(R20, fc__weight=None), "it has no classifier"),
        (changed(R20, fc__bias=None), "It has no fc.bias"),
        (changed(R20, layer3__2__conv2__weight=(64, 64, 1, 1)), "has the shape 64 x 64 x 1 x 1"),
        (changed(R20, bn1__running_var=None), "It has no bn1.running_var"),
        (changed(R20, bn1__running_var=(15,)), "has the shape 15; in cifar/"),
        (changed(R20, extra__weight=(2,)), "It has 'extra.weight', which cifar/"),
        (changed(R20, layer1__3__conv1__weight=(16, 16, 3, 3)), "4, 3, 3 blocks, not equally many"),
        (changed(R20, layer4__0__conv1__weight=(16, 16, 3, 3)), "four stages are not among them"),
        (changed(R20, conv1__weight=()), "it has no convolution conv1.weight"),
        (changed(ImageNetSpec("vgg-16"), features__30__weight=(1, 1, 3, 3)), "which imagenet/vgg"),
    ],
)
def test_strangers(found, says):
    with pytest.raises(CheckpointError, match=says):
        recognise(found)


@pytest.mark.parametrize(
    "make",
    [models.vgg16_bn, models.vgg11, models.wide_resnet50_2, models.resnext50_32x4d],
)
def test_relatives_that_are_not_the_papers(make):
    with torch.device("meta"):
        state = make().state_dict()
    with pytest.raises(CheckpointError, match="The file is of no network known here"):
        recognise({name: tuple(t.shape) for name, t in state.items()})


def test_older_files_lack_the_counters_of_batches():
    without = {n: s for n, s in shapes(R20).items() if not n.endswith("num_batches_tracked")}
    assert recognise(without) == recognise(shapes(R20))
