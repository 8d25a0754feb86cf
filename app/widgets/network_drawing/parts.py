"""Parts of a network's drawing: boxes, blocks and captions, in its two axes.

`along` the stream, from image to scores, and `across` it, centred on the stream: whichever way
the page turns them. A layer is a box as long as it has filters and as broad as its maps have
pixels, so a stage gets shorter maps and thicker layers as in the paper's Fig. 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from resnet_core.anatomy.facts import Anatomy, BlockFacts, Layer, StageFacts
from resnet_core.specs.imagenet import ImageNetSpec

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


Translate = Callable[..., str]


def captions(band: Band, plan: Plan, t: Translate) -> tuple[str, str]:
    """A band's title and the line below it."""
    if band is plan.bands[-1]:
        return t("drawing.head"), _head(plan, t)
    _, height, width = band.stage.out_shape
    title = f"{height} × {width}"
    if band.block_count == 0 and band.number == 0:
        return _stem(band, plan, t)
    if band.block_count == 0:
        layers = [layer for layer in band.layers if layer.kind == "convolution"]
        return title, " → ".join(f"{one.kernel}×{one.kernel}, {one.out_channels}" for one in layers)
    return title, _blocks(band, plan, t)


def cost(band: Band, t: Translate) -> tuple[str, str]:
    stage = band.stage
    return (
        t("drawing.parameters", count=f"{stage.parameters:,}"),
        t("drawing.multiply_adds", count=_rounded(stage.multiply_adds)),
    )


def _blocks(band: Band, plan: Plan, t: Translate) -> str:
    """Return the stage's filters and its number of blocks."""
    spec, channels = plan.anatomy.spec, band.stage.out_shape[0]
    if spec.family == "vgg":
        layers = band.stage.weighted_layers
        return t("drawing.stage_of_layers", filters=channels, layers=layers)
    if spec.family == "googlenet":
        return t("drawing.stage_of_modules", modules=band.block_count)
    key = "drawing.stage" if band.block_count > 1 else "drawing.stage_of_one"
    return t(key, filters=channels // spec.expansion, blocks=band.block_count)


def _stem(band: Band, plan: Plan, t: Translate) -> tuple[str, str]:
    spec, (filters, height, width) = plan.anatomy.spec, band.stage.out_shape
    if isinstance(spec, ImageNetSpec):
        below = t("drawing.stem_halved", pixels=spec.image_size, filters=filters)
        return f"{height} × {width}", below
    size = f"{spec.channels} × {spec.image_size} × {spec.image_size}"
    return t("drawing.image"), t("drawing.stem", size=size, filters=filters)


def _head(plan: Plan, t: Translate) -> str:
    spec = plan.anatomy.spec
    dense = [layer for layer in plan.anatomy.layers if layer.kind == "fully-connected"]
    if len(dense) == 1:
        return t("drawing.classifier", features=spec.features, classes=spec.classes)
    return " → ".join(str(layer.out_channels) for layer in dense)


def _rounded(count: int) -> str:
    """Three digits from a million on: 14.2 M, 3.66 G, but 640 as it is."""
    if count >= 1_000_000_000:
        return f"{count / 1e9:,.3g} G"
    return f"{count / 1e6:,.3g} M" if count >= 1_000_000 else f"{count:,}"
