"""Where everything in the drawing of a network goes, to scale.

Two axes, whichever way the page turns them: `along` the stream, from image to scores, and
`across` it, centred on the stream. A layer is a box as long as it has filters and as broad as
its maps have pixels, so a stage gets shorter maps and thicker layers as in the paper's Fig. 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from resnet_core.anatomy import Anatomy, BlockFacts, Layer, StageFacts

# A stage of more blocks than this is folded: its first two, how many more, and its last.
SHOWN = 5
ADDITION = 5.5  # radius of the circle round the plus
TAKE_OFF = 6.0  # from the addition to where the next shortcut leaves the stream


@dataclass(frozen=True)
class Scale:
    """What one filter, one pixel and one gap come to in the drawing.

    Attributes:
        filter, pixel: length and breadth of a box, per filter and per pixel of its map.
        layer_gap: between the layers of a block.
        block_gap: between blocks; it holds an addition and the next shortcut's start.
        padding: at both ends of a band.
        shortest: the least length of a band, so that its title fits.
        fold: length of the place that stands for folded blocks.
        thinnest, narrowest: the least length and breadth of a box, so that it can be seen.
    """

    filter: float
    pixel: float
    layer_gap: float = 4.0
    block_gap: float = 24.0
    padding: float = 14.0
    shortest: float = 0.0
    fold: float = 84.0
    thinnest: float = 2.5
    narrowest: float = 9.0


@dataclass(frozen=True)
class Box:
    """A convolution, or the image: as long as it has channels, as broad as its maps."""

    layer: str
    kernel: int
    start: float
    length: float
    breadth: float

    @property
    def end(self) -> float:
        return self.start + self.length


@dataclass(frozen=True)
class BlockMark:
    """A block's boxes, and its shortcut: from `leave` over the boxes to `join`."""

    facts: BlockFacts
    boxes: tuple[Box, ...]
    leave: float
    join: float
    rise: float

    @property
    def resizes(self) -> bool:
        """Whether the shortcut has to change the size, drawn dotted (Fig. 3)."""
        return self.facts.in_shape != self.facts.out_shape


@dataclass(frozen=True)
class Fold:
    """Blocks that are left out, all alike; `at` is the middle of their place."""

    at: float
    count: int


@dataclass(frozen=True)
class Band:
    """A stage, the stem or the head."""

    stage: StageFacts
    start: float
    length: float
    blocks: tuple[BlockMark, ...] = ()
    boxes: tuple[Box, ...] = ()
    fold: Fold | None = None
    block_count: int = 0


@dataclass(frozen=True)
class Plan:
    """The whole drawing; `breadth` is that of its broadest box."""

    anatomy: Anatomy
    bands: tuple[Band, ...]
    length: float
    breadth: float


def standing(anatomy: Anatomy, breadth: float) -> Plan:
    """The drawing as long as it gets, its broadest box this broad."""
    widest = max(layer.out_channels for layer in _drawn_layers(anatomy))
    pixel = breadth / anatomy.spec.image_size
    return plan(anatomy, Scale(filter=14 / widest, pixel=pixel, shortest=112, fold=50))


def lying(anatomy: Anatomy, breadth: float, length: float) -> Plan:
    """The drawing stretched to this length: thicker layers first, then wider gaps, then bands."""
    channels = [layer.out_channels for layer in _drawn_layers(anatomy)]
    thin = Scale(filter=0.0, pixel=breadth / anatomy.spec.image_size, shortest=150, thinnest=0.0)
    spare = length - plan(anatomy, thin).length
    thickness = max(2.0, min(26.0, max(channels) * spare / sum(channels))) / max(channels)
    scale = replace(thin, filter=thickness, thinnest=Scale.thinnest)
    found = plan(anatomy, scale)
    gaps = sum(len(band.blocks) for band in found.bands)
    scale = replace(
        scale, block_gap=scale.block_gap + max(0.0, min(14.0, (length - found.length) / gaps))
    )
    left_over = (length - plan(anatomy, scale).length) / len(found.bands)
    return plan(
        anatomy,
        replace(
            scale,
            padding=scale.padding + max(0.0, left_over / 2),
            shortest=scale.shortest + max(0.0, left_over),
        ),
    )


def plan(anatomy: Anatomy, scale: Scale) -> Plan:
    """The drawing at this scale."""
    stem, *stages, head = anatomy.stages
    bands = [_stem(anatomy, stem, scale)]
    for number, stage in enumerate(stages, start=1):
        blocks = [block for block in anatomy.blocks if block.stage == number]
        bands.append(_stage(stage, blocks, bands[-1].start + bands[-1].length, scale))
    last = bands[-1]
    bands.append(Band(head, last.start + last.length, max(scale.shortest, 2 * scale.padding)))
    return Plan(
        anatomy,
        tuple(bands),
        length=bands[-1].start + bands[-1].length,
        breadth=anatomy.spec.image_size * scale.pixel,
    )


def _stem(anatomy: Anatomy, stage: StageFacts, scale: Scale) -> Band:
    spec = anatomy.spec
    convolution = next(layer for layer in anatomy.layers if layer.name == "conv1")
    image = Box(
        "", 0, scale.padding, max(spec.channels * scale.filter, 2), spec.image_size * scale.pixel
    )
    stem = _box(convolution, image.end + scale.block_gap, scale)
    length = max(scale.shortest, stem.end + scale.padding)
    shift = (length - stem.end - scale.padding) / 2
    return Band(stage, 0.0, length, boxes=tuple(_moved(box, shift) for box in (image, stem)))


def _stage(stage: StageFacts, blocks: Sequence[BlockFacts], start: float, scale: Scale) -> Band:
    """Blocks one after the other; in a long stage all but three are folded away."""
    folded = len(blocks) - 3 if len(blocks) > SHOWN else 0
    shown = [*blocks[:2], blocks[-1]] if folded else list(blocks)
    content = sum(_length(block, scale) + scale.block_gap for block in shown)
    content += scale.fold if folded else 0.0
    length = max(scale.shortest, content + 2 * scale.padding)
    at = start + (length - content + scale.block_gap) / 2
    marks: list[BlockMark] = []
    fold = None
    for number, block in enumerate(shown):
        if folded and number == 2:
            fold = Fold(at + (scale.fold - scale.block_gap) / 2, folded)
            at += scale.fold
        mark = _block(block, at, scale)
        marks.append(mark)
        at = mark.boxes[-1].end + scale.block_gap
    return Band(stage, start, length, tuple(marks), fold=fold, block_count=len(blocks))


def _block(block: BlockFacts, start: float, scale: Scale) -> BlockMark:
    """The block's shortcut leaves half a gap before its boxes and joins half a gap after."""
    boxes = []
    at = start
    for layer in _convolutions(block):
        boxes.append(_box(layer, at, scale))
        at = boxes[-1].end + scale.layer_gap
    free = (scale.block_gap - TAKE_OFF) / 2
    # The shortcut clears the maps it comes from as well, broader ones where it changes the size.
    rise = max(block.in_shape[1], block.out_shape[1]) * scale.pixel / 2 + 4
    return BlockMark(block, tuple(boxes), start - free, boxes[-1].end + free, rise)


def _length(block: BlockFacts, scale: Scale) -> float:
    boxes = [_box(layer, 0.0, scale).length for layer in _convolutions(block)]
    return sum(boxes) + scale.layer_gap * (len(boxes) - 1)


def _box(layer: Layer, start: float, scale: Scale) -> Box:
    return Box(
        layer.name,
        layer.kernel,
        start,
        length=max(layer.out_channels * scale.filter, scale.thinnest),
        breadth=max(layer.height * scale.pixel, scale.narrowest),
    )


def _moved(box: Box, by: float) -> Box:
    return Box(box.layer, box.kernel, box.start + by, box.length, box.breadth)


def _convolutions(block: BlockFacts) -> list[Layer]:
    return [layer for layer in block.layers if layer.kind == "convolution"]


def _drawn_layers(anatomy: Anatomy) -> list[Layer]:
    """The layers that get a box, folded ones left out."""
    drawn = [layer for layer in anatomy.layers if layer.name == "conv1"]
    for stage in {block.stage for block in anatomy.blocks}:
        blocks = [block for block in anatomy.blocks if block.stage == stage]
        shown = blocks if len(blocks) <= SHOWN else [*blocks[:2], blocks[-1]]
        drawn += [layer for block in shown for layer in _convolutions(block)]
    return drawn
