"""A network's layers, shapes, parameters and cost, by arithmetic from its spec. No torch."""

from __future__ import annotations

from functools import lru_cache

from resnet_core.anatomy.facts import STEM, Anatomy, BlockFacts, Layer, Part, branch_steps, equation
from resnet_core.anatomy.references import describe_googlenet, describe_vgg
from resnet_core.specs import geometry
from resnet_core.specs.geometry import BlockGeometry
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec


@lru_cache(maxsize=64)
def describe(spec: Spec) -> Anatomy:
    """Return the anatomy of the network that `networks.catalog.build` makes of the same spec."""
    if isinstance(spec, ImageNetSpec) and spec.is_reference:
        return describe_vgg(spec) if spec.family == "vgg" else describe_googlenet(spec)
    imagenet = isinstance(spec, ImageNetSpec)
    layers = _imagenet_stem(spec) if imagenet else _stem(spec)
    size = layers[-1].height
    blocks = []
    for place in geometry.blocks(spec):
        block = _block(spec, place, size)
        blocks.append(block)
        layers += block.layers
        size = block.out_shape[1]
    layers += _head(spec, size, pooled=imagenet)
    stages = (f"layer{stage}" for stage in range(1, len(spec.stage_blocks) + 1))
    return Anatomy(spec, tuple(layers), tuple(blocks), ("conv1", *stages, "fc"))


def _stem(spec: Spec) -> list[Layer]:
    """CIFAR's: a 3x3 convolution (section 4.2); a preresnet's has no BN."""
    part, size = Part(spec.batch_norm, STEM), spec.image_size
    layers = [part.convolution("conv1", 3, 1, (spec.channels, spec.width), size)]
    if spec.family != "preresnet":
        layers += part.normalization("bn1", spec.width, size)
    return layers


def _imagenet_stem(spec: Spec) -> list[Layer]:
    """A 7x7 convolution of stride 2; the 3x3 pooling belongs to the first stage (Table 1)."""
    part, size = Part(spec.batch_norm, STEM), _halved(spec.image_size, 2)
    return [
        part.convolution("conv1", 7, 2, (spec.channels, spec.width), size),
        *part.normalization("bn1", spec.width, size),
        Part(spec.batch_norm, STEM + 1).pooling(
            "maxpool", "max-pool", 3, 2, spec.width, _halved(size, 2), padding=1
        ),
    ]


def _head(spec: Spec, size: int, pooled: bool) -> list[Layer]:
    part = Part(spec.batch_norm, stage=len(spec.stage_blocks) + 1)
    layers = part.normalization("bn", spec.features, size) if spec.family == "preresnet" else []
    if pooled:
        layers.append(part.pooling("avgpool", "avg-pool", size, size, spec.features, 1))
    return [*layers, part.classifier("fc", (spec.features, spec.classes))]


def _block(spec: Spec, place: BlockGeometry, size: int) -> BlockFacts:
    part = Part(spec.batch_norm, place.stage, place.name, place.shortcut)
    out_size = _halved(size, place.stride)
    branch = _branch(spec, place, part, size)
    return BlockFacts(
        name=place.name,
        stage=place.stage,
        index=place.index,
        stride=place.stride,
        shortcut=place.shortcut,
        gated=spec.family == "highway",
        equation=equation(spec, place.shortcut),
        branch=branch_steps(spec, branch),
        in_shape=(place.in_channels, size, size),
        out_shape=(place.out_channels, out_size, out_size),
        layers=(*branch, *_beside(spec, place, part, out_size)),
    )


def _convolutions(spec: Spec, place: BlockGeometry) -> list[tuple[int, int, int]]:
    """Kernel, filters and stride of each convolution of F, in order (Fig. 5)."""
    if spec.block == "bottleneck":
        first, second = (place.stride, 1) if spec.stride_in == "1x1" else (1, place.stride)
        return [(1, place.filters, first), (3, place.filters, second), (1, place.out_channels, 1)]
    rest = [(3, place.filters, 1)] * (spec.layers_per_block - 1)
    return [(3, place.filters, place.stride), *rest]


def _branch(spec: Spec, place: BlockGeometry, part: Part, size: int) -> list[Layer]:
    """F's layers: BN after each convolution, or before it in a preresnet."""
    layers: list[Layer] = []
    channels = place.in_channels
    for number, (kernel, filters, stride) in enumerate(_convolutions(spec, place), start=1):
        out_size = _halved(size, stride)
        conv = part.convolution(f"conv{number}", kernel, stride, (channels, filters), out_size)
        if spec.family == "preresnet":
            layers += [*part.normalization(f"bn{number}", channels, size), conv]
        else:
            layers += [conv, *part.normalization(f"bn{number}", filters, out_size)]
        channels, size = filters, out_size
    return layers


def _beside(spec: Spec, place: BlockGeometry, part: Part, size: int) -> list[Layer]:
    """The layers beside F: a projection with its BN, and a highway block's gate."""
    channels, layers = (place.in_channels, place.out_channels), []
    if place.shortcut == "projection":
        layers.append(
            part.convolution("downsample.0", 1, place.stride, channels, size, kind="projection")
        )
        layers += part.normalization("downsample.1", place.out_channels, size)
    if spec.family == "highway":
        layers.append(part.convolution("gate", 1, place.stride, channels, size, kind="gate"))
    return layers


def _halved(size: int, stride: int) -> int:
    """Rounded up: an odd kernel's padding, half of it on each side, sees to it."""
    return -(-size // stride)
