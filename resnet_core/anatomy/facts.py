"""What there is to know about a network: its layers, blocks and stages in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from resnet_core.network_spec import STAGES, NetworkSpec
from resnet_core.networks.geometry import ShortcutKind

LayerKind = Literal["convolution", "projection", "gate", "batch-norm", "fully-connected"]

# Values of Layer.stage besides the stages' own 1, 2 and 3.
STEM, HEAD = 0, STAGES + 1


@dataclass(frozen=True)
class Layer:
    """A layer that has parameters.

    Attributes:
        name: in the state dict.
        kind: `projection` and `gate` are 1x1 convolutions beside a block's branch.
        kernel, stride: of a convolution; 1 for the others.
        height, width: of the output, pixels.
        bias: whether there is one besides the weight.
        parameters: weight and bias; a BN's scale and shift.
        multiply_adds: per image; 0 for BN.
        stage: 0 the stem, 1 to 3, 4 the head.
        block: name of the block it belongs to, or "".
        shortcut: of that block.
    """

    name: str
    kind: LayerKind
    kernel: int
    stride: int
    in_channels: int
    out_channels: int
    height: int
    width: int
    bias: bool
    stage: int
    block: str = ""
    shortcut: ShortcutKind = "none"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each parameter, by its name in the state dict."""
        weight: tuple[int, ...] = (self.out_channels, self.in_channels)
        if self.kind == "batch-norm":
            weight = (self.out_channels,)
        elif self.kind != "fully-connected":
            weight = (*weight, self.kernel, self.kernel)
        shapes = {f"{self.name}.weight": weight}
        if self.bias:
            shapes[f"{self.name}.bias"] = (self.out_channels,)
        return shapes

    @property
    def parameters(self) -> int:
        return self._weights + self.bias * self.out_channels

    @property
    def multiply_adds(self) -> int:
        return 0 if self.kind == "batch-norm" else self._weights * self.height * self.width

    @property
    def weighted(self) -> bool:
        """Whether it counts towards the depth: on the way from image to scores, with weights."""
        return self.kind in {"convolution", "fully-connected"}

    @property
    def _weights(self) -> int:
        if self.kind == "batch-norm":
            return self.out_channels
        return self.kernel**2 * self.in_channels * self.out_channels


@dataclass(frozen=True)
class BlockFacts:
    """A block as it is drawn.

    Attributes:
        name: in the state dict.
        stage, index: 1 to 3, and the position within the stage from 0.
        stride: 2 where the block halves height and width.
        shortcut: what its shortcut does to x; `gated` says that a gate mixes it with F(x).
        equation: of its output y, in terms of its input x and its branch F.
        branch: F's steps in order: "3x3, 16", "BN", "ReLU", ...
        in_shape, out_shape: channels, height, width.
        layers: its layers that have parameters; `parameters` and `multiply_adds` are theirs.
    """

    name: str
    stage: int
    index: int
    stride: int
    shortcut: ShortcutKind
    gated: bool
    equation: str
    branch: tuple[str, ...]
    in_shape: tuple[int, int, int]
    out_shape: tuple[int, int, int]
    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        return sum(layer.multiply_adds for layer in self.layers)


@dataclass(frozen=True)
class StageFacts:
    """The cost of one stage; the stem and the head are stages here.

    Attributes:
        name: "conv1", "layer1", "layer2", "layer3" or "fc".
        out_shape: channels, height, width.
        weighted_layers: its part of the network's depth.
    """

    name: str
    out_shape: tuple[int, int, int]
    weighted_layers: int
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Anatomy:
    """A network in figures.

    Attributes:
        layers: every layer that has parameters, in the order of the state dict.
        blocks: in order of use.
    """

    spec: NetworkSpec
    layers: tuple[Layer, ...]
    blocks: tuple[BlockFacts, ...]

    @cached_property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @cached_property
    def multiply_adds(self) -> int:
        """Per image, convolutions and fully connected layer; BN and additions left out."""
        return sum(layer.multiply_adds for layer in self.layers)

    @cached_property
    def weighted_layers(self) -> int:
        """The depth by which the network is named; projections and gates do not count."""
        return sum(layer.weighted for layer in self.layers)

    @cached_property
    def layers_3x3(self) -> tuple[str, ...]:
        """Names of the layers whose responses are measured (Fig. 7), the stem among them."""
        return tuple(layer.name for layer in self.layers if layer.kernel == 3)

    @cached_property
    def block_names(self) -> tuple[str, ...]:
        return tuple(block.name for block in self.blocks)

    @cached_property
    def stages(self) -> tuple[StageFacts, ...]:
        """Stem, the three stages and head: where the parameters are, and where the work is."""
        names = ["conv1", *(f"layer{stage}" for stage in range(1, STAGES + 1)), "fc"]
        return tuple(
            _stage_facts(name, [layer for layer in self.layers if layer.stage == stage])
            for stage, name in enumerate(names)
        )


def _stage_facts(name: str, layers: Sequence[Layer]) -> StageFacts:
    last = [layer for layer in layers if layer.weighted][-1]
    return StageFacts(
        name=name,
        out_shape=(last.out_channels, last.height, last.width),
        weighted_layers=sum(layer.weighted for layer in layers),
        parameters=sum(layer.parameters for layer in layers),
        multiply_adds=sum(layer.multiply_adds for layer in layers),
    )
