"""VGG-16 and VGG-19: five stages of 3x3 convolutions, each after the first begun by a pooling."""

from __future__ import annotations

from resnet_core.anatomy.drawing import step
from resnet_core.anatomy.facts import Anatomy, BlockFacts, Layer
from resnet_core.anatomy.part import Part
from resnet_core.specs.imagenet import ImageNetSpec

# Simonyan & Zisserman 2015, Table 1, columns D and E.
CONVOLUTIONS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
FILTERS = (64, 128, 256, 512, 512)
_NAMES = (*(f"conv{number}" for number in range(1, 6)), "fc")
_POOLED = 7  # height and width of the map that the classifier takes
_HIDDEN = 4096


def describe(spec: ImageNetSpec) -> Anatomy:
    """The anatomy of torchvision's network without BN."""
    channels, size, position = spec.channels, spec.image_size, 0
    blocks = []
    for stage, count in enumerate(CONVOLUTIONS[spec.depth]):
        block = _stage(stage, count, (channels, size, size), position)
        blocks.append(block)
        channels, size, _ = block.out_shape
        position += 2 * count + (stage > 0)  # a ReLU stands after each convolution
    layers = [layer for block in blocks for layer in block.layers]
    return Anatomy(spec, (*layers, *_head(spec, size, position)), tuple(blocks), _NAMES)


def _stage(stage: int, count: int, in_shape: tuple[int, int, int], position: int) -> BlockFacts:
    """Positions are those in torchvision's `features`, where every module counts."""
    part = Part(batch_norm=False, stage=stage, block=_NAMES[stage], block_is_module=False)
    (channels, size, _), layers = in_shape, []
    if stage > 0:
        size //= 2
        layers.append(part.pooling(f"features.{position}", "max-pool", 2, 2, channels, size))
        position += 1
    for _ in range(count):
        wires = (channels, FILTERS[stage])
        layers.append(part.convolution(f"features.{position}", 3, 1, wires, size))
        channels, position = FILTERS[stage], position + 2
    return BlockFacts(
        name=_NAMES[stage],
        stage=stage,
        index=0,
        stride=2 if stage > 0 else 1,
        shortcut="none",
        gated=False,
        equation="y = F(pool(x))" if stage > 0 else "y = F(x)",
        branch=_steps(layers),
        in_shape=in_shape,
        out_shape=(channels, size, size),
        layers=tuple(layers),
    )


def _steps(layers: list[Layer]) -> tuple[str, ...]:
    steps = []
    for layer in layers:
        steps.append(step(layer))
        if layer.kind == "convolution":
            steps.append("ReLU")
    return tuple(steps)


def _head(spec: ImageNetSpec, size: int, position: int) -> list[Layer]:
    """A last pooling, and three fully connected layers: most of the network's parameters.

    torchvision pools a map of any size to 7 x 7, which changes nothing at 224 pixels.
    """
    part, size = Part(batch_norm=False, stage=len(_NAMES) - 1), size // 2
    kernel, stride = -(-size // _POOLED), max(1, size // _POOLED)
    wires = [(FILTERS[-1] * _POOLED**2, _HIDDEN), (_HIDDEN, _HIDDEN), (_HIDDEN, spec.classes)]
    return [
        part.pooling(f"features.{position}", "max-pool", 2, 2, FILTERS[-1], size),
        part.pooling("avgpool", "avg-pool", kernel, stride, FILTERS[-1], _POOLED),
        *(
            part.classifier(f"classifier.{place}", pair)
            for place, pair in zip((0, 3, 6), wires, strict=True)
        ),
    ]
