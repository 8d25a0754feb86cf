"""What the drawing of a network is made of, in its two axes.

`along` the stream, from image to scores, and `across` it, centred on the stream: whichever way
the page turns them. A layer is a box as long as it has filters and as broad as its maps have
pixels, so a stage gets shorter maps and thicker layers as in the paper's Fig. 3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from resnet_core.anatomy import Anatomy, BlockFacts, Layer, StageFacts

ADDITION = 5.5  # radius of the circle round the plus
TAKE_OFF = 6.0  # from the addition to where the next shortcut leaves the stream
SCORES = 12.0  # radius of the circle that stands for the scores
APART = 5.0  # between the parallel paths of an inception module

Style = Literal["image", "layer", "pool", "concat"]


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
        """Whether the shortcut has to change the size, drawn dotted (Fig. 3)."""
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


# What stands in a band, in order: the image, a layer of its own, a block, or a fold's count.
Image: TypeAlias = Literal["image", "scores"]
Item: TypeAlias = Layer | BlockFacts | Image | Fold
