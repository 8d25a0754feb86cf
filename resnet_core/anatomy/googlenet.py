"""GoogLeNet: three convolutions and nine inception modules (Szegedy et al. 2015, Table 1)."""

from __future__ import annotations

from resnet_core.anatomy.drawing import step
from resnet_core.anatomy.facts import STEM, Anatomy, BlockFacts, Layer
from resnet_core.anatomy.part import Part
from resnet_core.specs.imagenet import ImageNetSpec

# Filters: 1x1; 1x1 before 3x3, 3x3; 1x1 before "5x5", "5x5"; 1x1 after the pooling.
Filters = tuple[int, int, int, int, int, int]
MODULES: dict[str, Filters] = {
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
_NAMES = ("conv1", "conv2", "inception3", "inception4", "inception5", "fc")
_POOLING_KERNELS = {1: 3, 2: 3, 3: 3, 4: 2}  # torchvision's fourth is 2x2
# torchvision's third path has 3x3 where the original has 5x5.
_THIRD_KERNEL = 3


def describe(spec: ImageNetSpec) -> Anatomy:
    """The anatomy of torchvision's network, with BN and without auxiliary classifiers."""
    layers = _stem(spec)
    channels, size = layers[-1].out_channels, layers[-1].height
    blocks = []
    for name in MODULES:
        stage = int(name[0]) - 1
        if name.endswith("a"):
            layers.append(_pooling(stage, channels, size))
            size = layers[-1].height
        block = _module(name, stage, "abcde".index(name[1]), (channels, size, size))
        blocks.append(block)
        layers += block.layers
        channels = block.out_shape[0]
    head = Part(batch_norm=True, stage=len(_NAMES) - 1)
    layers.append(head.pooling("avgpool", "avg-pool", size, size, channels, 1))
    layers.append(head.classifier("fc", (channels, spec.classes)))
    return Anatomy(spec, tuple(layers), tuple(blocks), _NAMES)


def _stem(spec: ImageNetSpec) -> list[Layer]:
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
    one, before_3, three, before_5, five, after_pool = MODULES[name]
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
        stride=1,
        shortcut="none",
        gated=False,
        equation="y = concat(F1(x), F2(x), F3(x), F4(x))",
        branch=tuple(_steps(path) for path in paths),
        in_shape=in_shape,
        out_shape=(out_channels, size, size),
        layers=(
            *(layer for path in paths for layer in path),
            part.concatenation("concat", out_channels, size),
        ),
    )


def _steps(path: list[Layer]) -> str:
    """BN and ReLU follow every convolution and go without saying."""
    return " > ".join(step(layer) for layer in path if layer.kind != "batch-norm")
