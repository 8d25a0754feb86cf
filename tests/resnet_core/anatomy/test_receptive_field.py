"""Receptive fields against the pixels from which a real network's unit takes a gradient."""

from __future__ import annotations

from functools import lru_cache

import pytest
import torch
from torch import Tensor, nn

from resnet_core.anatomy.describe import describe
from resnet_core.anatomy.receptive_field import ReceptiveField, receptive_fields
from resnet_core.networks.catalog import architecture
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec

# Every so many of a network's layers and blocks are looked at.
EVERY = {"googlenet": 9, "resnet-50": 13, "vgg-16": 5, "resnet-18": 5}
SPECS: list[Spec] = [
    NetworkSpec(depth=14, width=2, image_size=27),
    NetworkSpec("plain", 20, width=2),
    NetworkSpec("preresnet", 14, "C", width=2, image_size=30),
    NetworkSpec("highway", 8, "B", width=2, image_size=20),
    NetworkSpec("resnet", 20, "B", block="bottleneck", layers_per_block=3, width=2),
    ImageNetSpec("resnet-18", "A", image_size=120),
    ImageNetSpec("resnet-50", "B", image_size=100),
    ImageNetSpec("resnet-50", "C", stride_in="3x3", image_size=75),
    ImageNetSpec("vgg-16", image_size=64),
    ImageNetSpec("googlenet", image_size=120),
]


def name_of(spec: Spec) -> str:
    return f"{spec.name}-{spec.shortcut}-{spec.stride_in}-{spec.image_size}px"


def all_seeing(spec: Spec) -> nn.Module:
    """The network with positive weights, and with means in the place of maxima: whatever a unit
    sees sends it a positive gradient, and nothing cancels."""
    with torch.device("meta"):
        model = architecture(spec)
    if spec.name == "imagenet/vgg-16":
        model = nn.ModuleDict({"features": model.features})  # the rest takes a gigabyte
    model = model.to_empty(device="cpu").double().eval()
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                mean = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(module, name, mean)
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.reset_parameters()
    return model


@lru_cache(maxsize=1)
def responses(spec: Spec) -> tuple[Tensor, dict[str, Tensor]]:
    """An image and, by name, what each module makes of it."""
    image = torch.rand(
        1, 3, spec.image_size, spec.image_size, dtype=torch.float64, requires_grad=True
    )
    model, made = all_seeing(spec), {}
    for name, module in model.named_modules():
        module.register_forward_hook(lambda module, inputs, y, name=name: made.update({name: y}))
    (model["features"] if isinstance(model, nn.ModuleDict) else model)(image)
    return image, made


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_a_unit_sees_the_pixels_that_send_it_a_gradient(spec):
    fields = receptive_fields(describe(spec))
    image, made = responses(spec)
    short = spec.name.partition("/")[2]
    names = [name for name in fields if name in made]
    chosen = {*names[:: EVERY.get(short, 2)], *names[-2:]}
    for name in chosen:
        response = made[name]
        if response.ndim == 2:
            response = response[:, :, None, None]
        rows, columns = response.shape[2:]
        row, column = (0, columns // 2) if len(name) % 2 else (rows // 2, columns - 1)
        unit = response[0, :, row, column].sum()
        (gradient,) = torch.autograd.grad(unit, image, retain_graph=True)
        seen = gradient[0].sum(0) > 0  # H, W
        assert found(seen.any(1)) == fields[name].span(row, spec.image_size), name
        assert found(seen.any(0)) == fields[name].span(column, spec.image_size), name
        top, bottom = fields[name].span(row, spec.image_size)
        left, right = fields[name].span(column, spec.image_size)
        assert seen[top:bottom, left:right].all(), name


def found(seen: Tensor) -> tuple[int, int]:
    pixels = seen.nonzero().flatten().tolist()
    return pixels[0], pixels[-1] + 1


@pytest.mark.parametrize(
    ("spec", "layer", "size", "stride"),
    [
        # Closed forms by hand; 483, 1027 and 1507 are the known sizes of the original networks.
        (NetworkSpec(depth=20), "layer3.2", 3 + 6 * 2 + (2 + 5 * 4) + (4 + 5 * 8), 4),
        (ImageNetSpec("resnet-50"), "layer4.2", 483, 32),
        (ImageNetSpec("resnet-101"), "layer4.2", 1027, 32),
        (ImageNetSpec("resnet-152"), "layer4.2", 1507, 32),
        (ImageNetSpec("resnet-50", stride_in="3x3"), "layer4.2", 427, 32),
        (ImageNetSpec("vgg-16"), "features.30", 212, 32),
        (ImageNetSpec("vgg-16"), "classifier.0", 212 + 6 * 32, 32),
    ],
)
def test_known_sizes(spec, layer, size, stride):
    field = receptive_fields(describe(spec))[layer]
    assert (field.size, field.stride) == (size, stride)


def test_every_layer_and_block_has_one():
    for spec in SPECS:
        anatomy = describe(spec)
        expected = {layer.name for layer in anatomy.layers} | set(anatomy.block_names)
        assert set(receptive_fields(anatomy)) == expected


def test_centres():
    fields = receptive_fields(describe(ImageNetSpec("vgg-16")))
    assert fields["features.2"].centre == 0  # padded by half of an odd kernel
    assert fields["features.4"].centre == 0.5  # a pooling of 2 x 2
    assert ReceptiveField(5, 2, -2).span(0, 10) == (0, 3)
    assert ReceptiveField(5, 2, -2).span(4, 10) == (6, 10)
