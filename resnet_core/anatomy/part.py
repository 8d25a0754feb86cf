"""One part of a network (the stem, a block, the head), and how its layers are written."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_core.anatomy.facts import Layer, LayerKind
from resnet_core.specs.geometry import ShortcutKind


@dataclass(frozen=True)
class Part:
    """Where the layers that it writes belong.

    Attributes:
        batch_norm: whether the network has BN, so that convolutions have no bias.
        stage: the stage's number.
        block: name of the block.
        block_is_module: whether the layers are the block's own, named within it.
    """

    batch_norm: bool
    stage: int
    block: str = ""
    shortcut: ShortcutKind = "none"
    block_is_module: bool = True

    def convolution(
        self,
        name: str,
        kernel: int,
        stride: int,
        channels: tuple[int, int],
        size: int,
        kind: LayerKind = "convolution",
        path: int = 0,
    ) -> Layer:
        """`channels` in and out; `size` of the output, pixels. Padded to keep it at stride 1."""
        bias = kind in {"gate", "fully-connected"} or not self.batch_norm
        return self._layer(
            name, kind, kernel, stride, channels, size, bias, padding=kernel // 2, path=path
        )

    def classifier(self, name: str, channels: tuple[int, int]) -> Layer:
        """A fully connected layer."""
        return self.convolution(name, 1, 1, channels, 1, kind="fully-connected")

    def normalization(self, name: str, channels: int, size: int, path: int = 0) -> list[Layer]:
        """A BN, or nothing in a network without."""
        if not self.batch_norm:
            return []
        return [self._layer(name, "batch-norm", 1, 1, (channels, channels), size, True, path=path)]

    def pooling(
        self,
        name: str,
        kind: LayerKind,
        kernel: int,
        stride: int,
        channels: int,
        size: int,
        padding: int = 0,
        path: int = 0,
    ) -> Layer:
        """`size` of the output, pixels."""
        both = (channels, channels)
        return self._layer(name, kind, kernel, stride, both, size, False, padding, path)

    def concatenation(self, name: str, channels: int, size: int) -> Layer:
        """Where parallel paths come together again."""
        return self._layer(name, "concat", 1, 1, (channels, channels), size, False)

    def _layer(
        self,
        name: str,
        kind: LayerKind,
        kernel: int,
        stride: int,
        channels: tuple[int, int],
        size: int,
        bias: bool,
        padding: int = 0,
        path: int = 0,
    ) -> Layer:
        return Layer(
            name=f"{self.block}.{name}" if self.block and self.block_is_module else name,
            kind=kind,
            kernel=kernel,
            stride=stride,
            in_channels=channels[0],
            out_channels=channels[1],
            height=size,
            width=size,
            bias=bias,
            stage=self.stage,
            block=self.block,
            shortcut=self.shortcut,
            padding=padding,
            path=path,
        )
