"""A block in the drawing: its layers one after the other, or on parallel paths."""

from __future__ import annotations

from collections.abc import Iterable

from app.widgets.network_drawing.parts import APART, TAKE_OFF, BlockMark, Box, Scale
from resnet_core.anatomy import BlockFacts, Layer

_POOLING = 3.0  # length of a pooling's box; it has no filters of its own


def drawn_layers(layers: Iterable[Layer]) -> list[Layer]:
    """The layers that get a box; a pooling of single pixels changes nothing and gets none."""
    return [
        layer
        for layer in layers
        if layer.kind in {"convolution", "fully-connected"}
        or (layer.kind in {"max-pool", "avg-pool"} and layer.kernel > 1)
    ]


def layer_box(layer: Layer, start: float, scale: Scale, across: float = 0.0) -> Box:
    """The layer's box from `start` on."""
    pools = layer.kind in {"max-pool", "avg-pool"}
    return Box(
        layer.name,
        0 if pools else layer.kernel,
        start,
        length=_POOLING if pools else scale.length(layer.out_channels),
        breadth=scale.breadth(layer.height),
        across=across,
        style="pool" if pools else "layer",
    )


def block_length(block: BlockFacts, scale: Scale) -> float:
    """From the block's first box to the end of its last."""
    return max(_path_length(path, scale) for path in _paths(block))


def block_mark(block: BlockFacts, start: float, scale: Scale) -> BlockMark:
    """The block's shortcut leaves half a gap before its boxes and joins half a gap after."""
    paths = _paths(block)
    length = max(_path_length(path, scale) for path in paths)
    # The shortcut clears the maps it comes from as well, broader ones where it changes the size.
    rise = scale.breadth(max(block.in_shape[1], block.out_shape[1])) / 2 + 4
    pitch = scale.breadth(block.out_shape[1]) + APART
    middles = [(number - (len(paths) - 1) / 2) * pitch for number in range(len(paths))]
    boxes: list[Box] = []
    for middle, path in zip(middles, paths, strict=True):
        at = start + (length - _path_length(path, scale)) / 2
        for layer in path:
            boxes.append(layer_box(layer, at, scale, middle))
            at = boxes[-1].end + scale.layer_gap
    free = (scale.block_gap - TAKE_OFF) / 2
    parallel = len(paths) > 1
    return BlockMark(
        block,
        tuple(boxes),
        start - free,
        start + length + free,
        rise=len(paths) * pitch / 2 if parallel else rise,
        paths=tuple(middles) if parallel else (),
    )


def _paths(block: BlockFacts) -> list[list[Layer]]:
    """The branch's layers, or those of each parallel path."""
    layers = drawn_layers(block.layers)
    numbers = sorted({layer.path for layer in layers})
    return [[layer for layer in layers if layer.path == number] for number in numbers]


def _path_length(path: list[Layer], scale: Scale) -> float:
    boxes = [layer_box(layer, 0.0, scale).length for layer in path]
    return sum(boxes) + scale.layer_gap * (len(boxes) - 1)
