"""Layout of a network's drawing, to scale."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from app.widgets.network_drawing.parts import (
    SCORES,
    Band,
    BlockMark,
    Box,
    Fold,
    Item,
    Plan,
    Scale,
    block_length,
    block_mark,
    drawn_layers,
    layer_box,
)
from resnet_core.anatomy.facts import Anatomy, BlockFacts, Layer, StageFacts

# A stage of more blocks than this is folded: its first two, how many more, and its last.
SHOWN = 5
_THICKEST = 14.0  # length of the box with the most filters, in a standing drawing

Stages = Collection[int]


def standing(
    anatomy: Anatomy, breadth: float, opened: Stages = (), scale: Scale | None = None
) -> Plan:
    """The drawing as long as it gets, its broadest box this broad.

    Args:
        opened: numbers of the stages that are not folded.
        scale: shared with other drawings; by default the network's own.
    """
    return plan(anatomy, scale or common_scale([anatomy], breadth), opened)


def common_scale(anatomies: Sequence[Anatomy], breadth: float) -> Scale:
    """The scale at which standing drawings can be compared."""
    widest = max(layer.out_channels for one in anatomies for layer in _convolutions(one))
    pixels = max(one.spec.image_size for one in anatomies)
    # Maps of 7 x 7 of an image of 224 would otherwise be too narrow to differ visibly from 14 x 14.
    narrowest = Scale.narrowest if pixels <= 64 else 5.0
    return Scale(
        filter=_THICKEST / widest,
        pixel=breadth / pixels,
        shortest=112,
        fold=50,
        narrowest=narrowest,
    )


def lying(anatomy: Anatomy, breadth: float, length: float, opened: Stages = ()) -> Plan:
    """The drawing stretched to this length: thicker layers first, then wider gaps, then bands."""
    channels = [layer.out_channels for layer in _convolutions(anatomy, opened)]
    thin = Scale(filter=0.0, pixel=breadth / anatomy.spec.image_size, shortest=150, thinnest=0.0)
    spare = length - plan(anatomy, thin, opened).length
    thickness = max(2.0, min(26.0, max(channels) * spare / sum(channels))) / max(channels)
    scale = replace(thin, filter=thickness, thinnest=Scale.thinnest)
    first = plan(anatomy, scale, opened)
    gaps = sum(len(band.blocks) for band in first.bands)
    scale = replace(
        scale, block_gap=scale.block_gap + max(0.0, min(14.0, (length - first.length) / gaps))
    )
    left_over = (length - plan(anatomy, scale, opened).length) / len(first.bands)
    return plan(
        anatomy,
        replace(
            scale,
            padding=scale.padding + max(0.0, left_over / 2),
            shortest=scale.shortest + max(0.0, left_over),
        ),
        opened,
    )


def plan(anatomy: Anatomy, scale: Scale, opened: Stages = ()) -> Plan:
    """The drawing at this scale."""
    bands: list[Band] = []
    start = scores = 0.0
    for number, stage in enumerate(anatomy.stages):
        items = _items(anatomy, number, opened)
        band, scores = _band(anatomy, stage, number, items, start, scale)
        bands.append(band)
        start += band.length
    breadth = anatomy.spec.image_size * scale.pixel
    return Plan(anatomy, tuple(bands), length=start, breadth=breadth, scores=scores)


def _items(anatomy: Anatomy, number: int, opened: Stages) -> list[Item]:
    """Return a stage's items in order; a long stage folds all but three blocks."""
    blocks = [block for block in anatomy.blocks if block.stage == number]
    own = [layer for layer in anatomy.layers if layer.stage == number and not layer.block]
    before: list[Item] = ["image"] if number == 0 else []
    before += drawn_layers(own)
    if number == len(anatomy.stages) - 1:
        return [*before[:-1], "scores"]  # the last layer's outputs are the scores
    if len(blocks) <= SHOWN:
        return [*before, *blocks]
    folded = len(blocks) - 3
    if number in opened:
        return [*before, *blocks, Fold(0.0, folded, opened=True)]
    return [*before, *blocks[:2], Fold(0.0, folded), blocks[-1]]


def _band(
    anatomy: Anatomy,
    stage: StageFacts,
    number: int,
    items: Sequence[Item],
    start: float,
    scale: Scale,
) -> tuple[Band, float]:
    """The stage with its items in the middle, and where the scores would be."""
    content = sum(_length(item, scale) + scale.block_gap for item in items) - scale.block_gap
    length = max(scale.shortest, content + 2 * scale.padding)
    at = start + (length - content) / 2
    boxes: list[Box] = []
    marks: list[BlockMark] = []
    fold, scores = None, start
    for item in items:
        size = _length(item, scale)
        if isinstance(item, BlockFacts):
            marks.append(block_mark(item, at, scale))
        elif isinstance(item, Fold):
            fold = replace(item, at=at + size / 2)
        elif isinstance(item, Layer):
            boxes.append(layer_box(item, at, scale))
        elif item == "image":
            boxes.append(Box("", 0, at, size, anatomy.spec.image_size * scale.pixel, style="image"))
        else:
            scores = at + size / 2
        at += size + scale.block_gap
    band = Band(
        stage,
        start,
        length,
        tuple(marks),
        tuple(boxes),
        fold,
        block_count=sum(block.stage == number for block in anatomy.blocks),
        number=number,
        layers=tuple(item for item in items if isinstance(item, Layer)),
    )
    return band, scores


def _length(item: Item, scale: Scale) -> float:
    if isinstance(item, BlockFacts):
        return block_length(item, scale)
    if isinstance(item, Fold):
        return scale.fold - scale.block_gap
    if isinstance(item, Layer):
        return layer_box(item, 0.0, scale).length
    return 2 * SCORES if item == "scores" else max(3 * scale.filter, 2)


def _convolutions(anatomy: Anatomy, opened: Stages = ()) -> list[Layer]:
    """Return the convolutions that get a box, without folded ones."""
    layers = []
    for number in range(len(anatomy.stages)):
        for item in _items(anatomy, number, opened):
            if isinstance(item, Layer):
                layers.append(item)
            elif isinstance(item, BlockFacts):
                layers += item.layers
    return [layer for layer in layers if layer.kind == "convolution"]
