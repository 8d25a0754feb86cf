"""A network's layers, shapes, parameters and cost, by arithmetic from its spec. No torch.

VGG (Simonyan & Zisserman 2015) and GoogLeNet (Szegedy et al. 2015) are described as torchvision
has them."""

from __future__ import annotations

from functools import lru_cache

from resnet_core.anatomy.facts import (
    STEM,
    Anatomy,
    BlockFacts,
    Layer,
    Part,
    branch_steps,
    equation,
    step,
)
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
    """Return the size after a stride, rounded up as the padding of an odd kernel makes it."""
    return -(-size // stride)


# Simonyan & Zisserman 2015, Table 1, columns D and E.
VGG_CONVOLUTIONS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
VGG_FILTERS = (64, 128, 256, 512, 512)
_VGG_NAMES = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc")
_VGG_POOLED = 7  # height and width of the map that the classifier takes
_VGG_HIDDEN = 4096


def describe_vgg(spec: ImageNetSpec) -> Anatomy:
    """The anatomy of torchvision's network without BN."""
    channels, size, position = spec.channels, spec.image_size, 0
    blocks = []
    for stage, count in enumerate(VGG_CONVOLUTIONS[spec.depth]):
        block = _vgg_stage(stage, count, (channels, size, size), position)
        blocks.append(block)
        channels, size, _ = block.out_shape
        position += 2 * count + (stage > 0)  # a ReLU stands after each convolution
    layers = [layer for block in blocks for layer in block.layers]
    return Anatomy(spec, (*layers, *_vgg_head(spec, size, position)), tuple(blocks), _VGG_NAMES)


def _vgg_stage(stage: int, count: int, in_shape: tuple[int, int, int], position: int) -> BlockFacts:
    """Return a stage, with positions as in torchvision's `features`: every module counts."""
    part = Part(batch_norm=False, stage=stage, block=_VGG_NAMES[stage], block_is_module=False)
    (channels, size, _), layers = in_shape, []
    if stage > 0:
        size //= 2
        layers.append(part.pooling(f"features.{position}", "max-pool", 2, 2, channels, size))
        position += 1
    for _ in range(count):
        wires = (channels, VGG_FILTERS[stage])
        layers.append(part.convolution(f"features.{position}", 3, 1, wires, size))
        channels, position = VGG_FILTERS[stage], position + 2
    return BlockFacts(
        name=_VGG_NAMES[stage],
        stage=stage,
        stride=2 if stage > 0 else 1,
        equation="y = F(pool(x))" if stage > 0 else "y = F(x)",
        branch=_vgg_steps(layers),
        in_shape=in_shape,
        out_shape=(channels, size, size),
        layers=tuple(layers),
    )


def _vgg_steps(layers: list[Layer]) -> tuple[str, ...]:
    steps = []
    for layer in layers:
        steps.append(step(layer))
        if layer.kind == "convolution":
            steps.append("ReLU")
    return tuple(steps)


def _vgg_head(spec: ImageNetSpec, size: int, position: int) -> list[Layer]:
    """A last pooling, and three fully connected layers: most of the network's parameters.

    torchvision pools a map of any size to 7 x 7, which changes nothing at 224 pixels.
    """
    part, size = Part(batch_norm=False, stage=len(_VGG_NAMES) - 1), size // 2
    kernel, stride = -(-size // _VGG_POOLED), max(1, size // _VGG_POOLED)
    wires = [
        (VGG_FILTERS[-1] * _VGG_POOLED**2, _VGG_HIDDEN),
        (_VGG_HIDDEN, _VGG_HIDDEN),
        (_VGG_HIDDEN, spec.classes),
    ]
    return [
        part.pooling(f"features.{position}", "max-pool", 2, 2, VGG_FILTERS[-1], size),
        part.pooling("avgpool", "avg-pool", kernel, stride, VGG_FILTERS[-1], _VGG_POOLED),
        *(
            part.classifier(f"classifier.{place}", pair)
            for place, pair in zip((0, 3, 6), wires, strict=True)
        ),
    ]


# Filters: 1x1; 1x1 before 3x3, 3x3; 1x1 before "5x5", "5x5"; 1x1 after the pooling.
Filters = tuple[int, int, int, int, int, int]
GOOGLENET_MODULES: dict[str, Filters] = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
_GOOGLENET_NAMES = ("conv1", "conv2", "inception3", "inception4", "inception5", "fc")
_POOLING_KERNELS = {1: 3, 2: 3, 3: 3, 4: 2}  # torchvision's fourth is 2x2
# torchvision's third path has 3x3 where the original has 5x5.
_THIRD_KERNEL = 3


def describe_googlenet(spec: ImageNetSpec) -> Anatomy:
    """The anatomy of torchvision's network, with BN and without auxiliary classifiers."""
    layers = _googlenet_stem(spec)
    channels, size = layers[-1].out_channels, layers[-1].height
    blocks = []
    for name in GOOGLENET_MODULES:
        stage = int(name[0]) - 1
        if name.endswith("a"):
            layers.append(_pooling(stage, channels, size))
            size = layers[-1].height
        block = _module(name, stage, "abcde".index(name[1]), (channels, size, size))
        blocks.append(block)
        layers += block.layers
        channels = block.out_shape[0]
    head = Part(batch_norm=True, stage=len(_GOOGLENET_NAMES) - 1)
    layers.append(head.pooling("avgpool", "avg-pool", size, size, channels, 1))
    layers.append(head.classifier("fc", (channels, spec.classes)))
    return Anatomy(spec, tuple(layers), tuple(blocks), _GOOGLENET_NAMES)


def _googlenet_stem(spec: ImageNetSpec) -> list[Layer]:
    first, second = Part(batch_norm=True, stage=STEM), Part(batch_norm=True, stage=STEM + 1)
    size = -(-spec.image_size // 2)
    pooling = _pooling(1, 64, size)
    pooled = pooling.height
    return [
        *_unit(first, "conv1", 7, 2, (spec.channels, 64), size),
        pooling,
        *_unit(second, "conv2", 1, 1, (64, 64), pooled),
        *_unit(second, "conv3", 3, 1, (64, 192), pooled),
    ]


def _pooling(stage: int, channels: int, size: int) -> Layer:
    """The pooling with which a stage begins; its last window may reach beyond the map."""
    kernel = _POOLING_KERNELS[stage]
    out_size = -(-(size - kernel) // 2) + 1
    return Part(batch_norm=True, stage=stage).pooling(
        f"maxpool{stage}", "max-pool", kernel, 2, channels, out_size
    )


def _unit(
    part: Part,
    name: str,
    kernel: int,
    stride: int,
    channels: tuple[int, int],
    size: int,
    path: int = 0,
) -> list[Layer]:
    """A convolution and its BN."""
    convolution = part.convolution(f"{name}.conv", kernel, stride, channels, size, path=path)
    return [convolution, *part.normalization(f"{name}.bn", channels[1], size, path=path)]


def _module(name: str, stage: int, index: int, in_shape: tuple[int, int, int]) -> BlockFacts:
    """Four paths from the same x, put side by side again as channels."""
    channels, size, _ = in_shape
    one, before_3, three, before_5, five, after_pool = GOOGLENET_MODULES[name]
    part = Part(batch_norm=True, stage=stage, block=f"inception{name}")
    paths = [
        _unit(part, "branch1", 1, 1, (channels, one), size, 1),
        [
            *_unit(part, "branch2.0", 1, 1, (channels, before_3), size, 2),
            *_unit(part, "branch2.1", 3, 1, (before_3, three), size, 2),
        ],
        [
            *_unit(part, "branch3.0", 1, 1, (channels, before_5), size, 3),
            *_unit(part, "branch3.1", _THIRD_KERNEL, 1, (before_5, five), size, 3),
        ],
        [
            part.pooling("branch4.0", "max-pool", 3, 1, channels, size, padding=1, path=4),
            *_unit(part, "branch4.1", 1, 1, (channels, after_pool), size, 4),
        ],
    ]
    out_channels = one + three + five + after_pool
    return BlockFacts(
        name=part.block,
        stage=stage,
        index=index,
        equation="y = concat(F1(x), F2(x), F3(x), F4(x))",
        branch=tuple(_path_steps(path) for path in paths),
        in_shape=in_shape,
        out_shape=(out_channels, size, size),
        layers=(
            *(layer for path in paths for layer in path),
            part.concatenation("concat", out_channels, size),
        ),
    )


def _path_steps(path: list[Layer]) -> str:
    """Return a path's convolutions and poolings; BN and ReLU follow every convolution."""
    return " > ".join(step(layer) for layer in path if layer.kind != "batch-norm")
