"""Layout of a network's drawing, to scale: bands, boxes and blocks in its two axes.

`along` the stream, from image to scores, and `across` it, centred on the stream: whichever way
the page turns them. A layer is a box as long as it has filters and as broad as its maps have
pixels, so a stage gets shorter maps and thicker layers as in the paper's Fig. 3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from resnet_core.anatomy.facts import Anatomy, BlockFacts, Layer, StageFacts

ADDITION = 5.5  # radius of the circle round the plus
TAKE_OFF = 6.0  # from the addition to where the next shortcut leaves the stream
SCORES = 12.0  # radius of the circle that stands for the scores
APART = 5.0  # between the parallel paths of an inception module

Style = Literal["image", "layer", "pool", "concat"]


@dataclass(frozen=True)
class Scale:
    """Size of one filter, one pixel and one gap in the drawing.

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

    def length(self, channels: int) -> float:
        return max(channels * self.filter, self.thinnest)

    def breadth(self, pixels: int) -> float:
        return max(pixels * self.pixel, self.narrowest)


@dataclass(frozen=True)
class Box:
    """A layer, or the image: as long as it has channels, as broad as its maps.

    Attributes:
        across: the middle of the box, away from the stream; 0 but on parallel paths.
    """

    layer: str
    kernel: int
    start: float
    length: float
    breadth: float
    across: float = 0.0
    style: Style = "layer"

    @property
    def end(self) -> float:
        return self.start + self.length


@dataclass(frozen=True)
class BlockMark:
    """A block's boxes, and its shortcut: from `leave` over the boxes to `join`.

    Attributes:
        paths: the parallel paths of an inception module, each the middle of its boxes across;
            none where the stream goes through the boxes one after the other.
    """

    facts: BlockFacts
    boxes: tuple[Box, ...]
    leave: float
    join: float
    rise: float
    paths: tuple[float, ...] = ()

    @property
    def resizes(self) -> bool:
        """True if the shortcut changes the size and is drawn dotted (Fig. 3)."""
        return self.facts.in_shape != self.facts.out_shape


@dataclass(frozen=True)
class Fold:
    """Blocks that are left out, all alike, or that could be; `at` is the middle of its place."""

    at: float
    count: int
    opened: bool = False


@dataclass(frozen=True)
class Band:
    """A stage, the stem or the head.

    Attributes:
        number: the stage's, as in `Layer.stage`.
        layers: those outside blocks that are drawn; their boxes are in `boxes`.
    """

    stage: StageFacts
    start: float
    length: float
    blocks: tuple[BlockMark, ...] = ()
    boxes: tuple[Box, ...] = ()
    fold: Fold | None = None
    block_count: int = 0
    number: int = 0
    layers: tuple[Layer, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Plan:
    """The whole drawing.

    Attributes:
        breadth: of its broadest box.
        scores: where the scores come out, along the stream.
    """

    anatomy: Anatomy
    bands: tuple[Band, ...]
    length: float
    breadth: float
    scores: float


# The contents of a band, in order: the image, a separate layer, a block, or a fold's count.
Image: TypeAlias = Literal["image", "scores"]
Item: TypeAlias = Layer | BlockFacts | Image | Fold


_POOLING = 3.0  # length of a pooling's box; it has no filters


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
    """Return the length from the block's first box to the end of its last."""
    return max(_path_length(path, scale) for path in _paths(block))


def block_mark(block: BlockFacts, start: float, scale: Scale) -> BlockMark:
    """Return the block drawn from `start` on.

    Its shortcut leaves half a gap before its boxes and joins half a gap after.
    """
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
