"""Receptive fields: size, stride and start of the pixels that a layer's units depend on.

A convolution or pooling of kernel k, stride s and padding p widens a field by (k - 1) steps of
its input map, and the step of its output map is s times as long. Where paths meet, the field is
the union of the paths' fields; a block's branch covers all that its shortcut does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from resnet_core.anatomy.facts import Anatomy, Layer

_BESIDE = {"projection", "gate"}


@dataclass(frozen=True)
class ReceptiveField:
    """The field of a layer's units along one side of the square image, in pixels.

    Attributes:
        size: of the field, the part included that lies beyond the image in the padding.
        stride: from a unit's field to its neighbour's.
        start: first pixel of the first unit's field; negative where it lies in the padding.
    """

    size: int
    stride: int
    start: int

    @property
    def centre(self) -> float:
        """The centre of the first unit's field; 0 is the middle of the first pixel."""
        return self.start + (self.size - 1) / 2

    def span(self, unit: int, image_size: int) -> tuple[int, int]:
        """Return the unit's pixels within the image: the first, and the one after the last."""
        first = self.start + unit * self.stride
        return max(0, first), min(image_size, first + self.size)

    def through(self, kernel: int, stride: int, padding: int) -> ReceptiveField:
        """Return the field after one more layer."""
        return ReceptiveField(
            size=self.size + (kernel - 1) * self.stride,
            stride=self.stride * stride,
            start=self.start - padding * self.stride,
        )


_PIXEL = ReceptiveField(size=1, stride=1, start=0)


def receptive_fields(anatomy: Anatomy) -> dict[str, ReceptiveField]:
    """Return the field of every layer's and every block's output, by name.

    A fully connected layer's field is that of the whole last map. VGG's pooling of a map that
    is no multiple of 7 x 7 has uneven windows; here they are even.
    """
    fields: dict[str, ReceptiveField] = {}
    sides = {block.name: block.out_shape[1] for block in anatomy.blocks}
    at, side = _PIXEL, anatomy.spec.image_size
    for block, layers in groupby(anatomy.layers, key=lambda layer: layer.block):
        if block:
            at = fields[block] = _through_block(layers, at, fields)
            side = sides[block]
        else:
            at, side = _in_a_row(layers, at, side, fields)
    return fields


def _in_a_row(
    layers: Iterable[Layer], at: ReceptiveField, side: int, fields: dict[str, ReceptiveField]
) -> tuple[ReceptiveField, int]:
    """Add layers outside blocks one by one. `side`: units along a side of the map before."""
    for layer in layers:
        if layer.kind == "fully-connected":
            at, side = at.through(side, 1, 0), 1
        else:
            at, side = at.through(layer.kernel, layer.stride, layer.padding), layer.height
        fields[layer.name] = at
    return at, side


def _through_block(
    layers: Iterable[Layer], x: ReceptiveField, fields: dict[str, ReceptiveField]
) -> ReceptiveField:
    """Add all paths of a block, each from its input x; return the union of their fields."""
    at, path = x, 0
    ends: list[ReceptiveField] = []
    for layer in layers:
        if layer.kind in _BESIDE or layer.path != path:
            ends.append(at)
            at, path = (_union(ends) if layer.kind == "concat" else x), layer.path
        at = at.through(layer.kernel, layer.stride, layer.padding)
        fields[layer.name] = at
    return _union([*ends, at])


def _union(fields: list[ReceptiveField]) -> ReceptiveField:
    """Return the union of the paths' last fields, which have one stride, x's field excepted."""
    stride = fields[-1].stride
    start = min(field.start for field in fields)
    end = max(field.start + field.size for field in fields)
    return ReceptiveField(end - start, stride, start)
