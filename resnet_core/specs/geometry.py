"""The blocks of a network: their width, stride and shortcut.

Arithmetic without torch, shared by the modules (`networks`) and `anatomy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_core.specs.names import Spec

ShortcutKind = Literal["none", "identity", "zero-padding", "projection"]


@dataclass(frozen=True)
class BlockGeometry:
    """Position and shape of one block.

    Attributes:
        stage: counted from 1; CIFAR networks have three, ImageNet networks four.
        index: position within the stage, from 0.
        in_channels: channels that enter the block.
        filters: of its 3x3 layers.
        out_channels: channels that leave it; `filters`, or four times as many from a bottleneck.
        stride: 2 where the block halves height and width, else 1.
        shortcut: its kind.
    """

    stage: int
    index: int
    in_channels: int
    filters: int
    out_channels: int
    stride: int
    shortcut: ShortcutKind

    @property
    def name(self) -> str:
        """The block's name in the state dict."""
        return f"layer{self.stage}.{self.index}"


def blocks(spec: Spec) -> list[BlockGeometry]:
    """Return the blocks in order: each stage is twice as wide as the one before.

    The first block of every stage but the first halves the feature map (section 4.2 and
    Table 1). A bottleneck's very first block keeps the size but widens it fourfold.
    """
    places = []
    channels = spec.width
    for stage, count in enumerate(spec.stage_blocks, start=1):
        filters = spec.width * 2 ** (stage - 1)
        for index in range(count):
            stride = 2 if stage > 1 and index == 0 else 1
            out_channels = filters * spec.expansion
            same_shape = stride == 1 and channels == out_channels
            shortcut = _shortcut(spec, same_shape)
            places.append(
                BlockGeometry(stage, index, channels, filters, out_channels, stride, shortcut)
            )
            channels = out_channels
    return places


def _shortcut(spec: Spec, same_shape: bool) -> ShortcutKind:
    """Return the kind by options A, B and C of section 3.3 and Table 3."""
    if not spec.has_shortcuts:
        return "none"
    if spec.shortcut == "C":
        return "projection"
    if same_shape:
        return "identity"
    return "zero-padding" if spec.shortcut == "A" else "projection"
