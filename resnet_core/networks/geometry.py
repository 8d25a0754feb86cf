"""Which blocks a CIFAR network has, how wide they are and what goes round them.

Arithmetic only, no torch: the modules and `anatomy` are both laid out by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_core.network_spec import STAGES, NetworkSpec

ShortcutKind = Literal["none", "identity", "zero-padding", "projection"]


@dataclass(frozen=True)
class BlockGeometry:
    """One block.

    Attributes:
        stage: 1, 2 or 3.
        index: position within the stage, from 0.
        in_channels: channels that enter the block.
        filters: of its 3x3 layers.
        out_channels: channels that leave it; `filters`, or four times as many from a bottleneck.
        stride: 2 where the block halves height and width, else 1.
        shortcut: what its shortcut does to x.
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


def blocks(spec: NetworkSpec) -> list[BlockGeometry]:
    """The blocks in order: three stages of n, each stage twice as wide as the one before.

    The first block of stages 2 and 3 halves the feature map (section 4.2). A bottleneck's
    very first block keeps the size but widens it fourfold.
    """
    found = []
    channels = spec.width
    for stage in range(1, STAGES + 1):
        filters = spec.width * 2 ** (stage - 1)
        for index in range(spec.blocks_per_stage):
            stride = 2 if stage > 1 and index == 0 else 1
            out_channels = filters * spec.expansion
            same_shape = stride == 1 and channels == out_channels
            shortcut = _shortcut(spec, same_shape)
            found.append(
                BlockGeometry(stage, index, channels, filters, out_channels, stride, shortcut)
            )
            channels = out_channels
    return found


def _shortcut(spec: NetworkSpec, same_shape: bool) -> ShortcutKind:
    """Options A, B and C of section 3.3 and Table 3."""
    if not spec.has_shortcuts:
        return "none"
    if spec.shortcut == "C":
        return "projection"
    if same_shape:
        return "identity"
    return "zero-padding" if spec.shortcut == "A" else "projection"
