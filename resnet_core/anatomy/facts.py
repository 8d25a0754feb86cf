"""Facts about a network: its layers, blocks and stages in numbers, and blocks in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from resnet_core.specs.cifar import Activation
from resnet_core.specs.geometry import ShortcutKind
from resnet_core.specs.names import Spec

LayerKind = Literal[
    "convolution",
    "projection",
    "gate",
    "batch-norm",
    "fully-connected",
    "max-pool",
    "avg-pool",
    "concat",
]

STEM = 0  # the stage of the layers before the first block
_BESIDE = {"projection", "gate", "batch-norm"}  # their output does not replace the stream
_WITHOUT_WEIGHTS = {"max-pool", "avg-pool", "concat"}
_DEEPEST_PATH = 2  # of an inception module: 1x1, then 3x3
ACTIVATION_TEXTS: dict[Activation, str] = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
}
SHORTCUT_TEXTS: dict[ShortcutKind, str] = {
    "none": "",
    "identity": "x",
    "zero-padding": "pad(x)",
    "projection": "Wx",
}


@dataclass(frozen=True)
class Layer:
    """A layer with parameters, or one without that changes the maps' size or number.

    A CIFAR network's global average pooling is part of the classifier and no layer here; those
    of ImageNet's networks are modules, and layers here.

    Attributes:
        name: of its module, as in the state dict; a `concat` is no module.
        kind: `projection` and `gate` are 1x1 convolutions beside a block's branch.
        kernel, stride, padding: of a convolution or pooling; 1, 1 and 0 for the others.
        height, width: of the output, pixels.
        bias: True if there is one besides the weight.
        parameters: weight and bias; a BN's scale and shift.
        multiply_adds: per image; 0 for BN and pooling.
        stage: the position of its stage in `Anatomy.stage_names`; 0 is the stem.
        block: name of the block it belongs to, or "".
        shortcut: of that block.
        path: in an inception module, the number of its path, from 1 to 4; else 0.
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
    padding: int = 0
    path: int = 0

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each parameter, by its name in the state dict."""
        if self.kind in _WITHOUT_WEIGHTS:
            return {}
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
        """True if it counts towards the depth: it has weights and lies on the main path.

        Of an inception module's paths the deepest counts.
        """
        return self.kind in {"convolution", "fully-connected"} and self.path in {0, _DEEPEST_PATH}

    @property
    def _weights(self) -> int:
        if self.kind in _WITHOUT_WEIGHTS:
            return 0
        if self.kind == "batch-norm":
            return self.out_channels
        return self.kernel**2 * self.in_channels * self.out_channels


@dataclass(frozen=True, kw_only=True)
class BlockFacts:
    """A block of the drawing: a residual or plain block, an inception module, a stage of VGG.

    Attributes:
        name: in the state dict; VGG's stages have none there and are called conv1 to conv5.
        stage, index: the stage's number as `Layer.stage`, and the position within it from 0.
        stride: 2 where the block halves height and width.
        shortcut: its kind; `gated`: a gate mixes it with F(x).
        equation: of its output y, in terms of its input x and its branch F.
        branch: F's steps in order: "3x3, 16", "BN", "ReLU", ... An inception module has one
            text for each of its parallel paths: "1x1, 96 > 3x3, 128".
        in_shape, out_shape: channels, height, width.
        layers: its layers; `parameters` and `multiply_adds` are theirs.
    """

    name: str
    stage: int
    index: int = 0
    stride: int = 1
    shortcut: ShortcutKind = "none"
    gated: bool = False
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
        name: "conv1", "layer1", ..., "fc"; "inception3" and so on in GoogLeNet.
        out_shape: channels, height, width of the stage's maps: as in Fig. 3, the
            pooling between two stages is the first layer of the second.
        weighted_layers: its part of the network's depth.
    """

    name: str
    out_shape: tuple[int, int, int]
    weighted_layers: int
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Anatomy:
    """A network in numbers.

    Attributes:
        layers: in the order of the state dict, poolings where they are used.
        blocks: in order of use.
        stage_names: from the stem to the head; a stage's number is its position here.
    """

    spec: Spec
    layers: tuple[Layer, ...]
    blocks: tuple[BlockFacts, ...]
    stage_names: tuple[str, ...]

    @cached_property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @cached_property
    def multiply_adds(self) -> int:
        """Per image, convolutions and fully connected layers; BN and additions left out."""
        return sum(layer.multiply_adds for layer in self.layers)

    @cached_property
    def weighted_layers(self) -> int:
        """The depth in the network's name; projections and gates do not count."""
        return sum(layer.weighted for layer in self.layers)

    @cached_property
    def layers_3x3(self) -> tuple[str, ...]:
        """Names of the layers whose responses are measured (Fig. 7)."""
        return tuple(
            layer.name for layer in self.layers if layer.kernel == 3 and layer.kind == "convolution"
        )

    @cached_property
    def block_names(self) -> tuple[str, ...]:
        return tuple(block.name for block in self.blocks)

    @property
    def unmeasured(self) -> str:
        """A sentence that names the measurement this network lacks, or ""."""
        if self.spec.family not in {"vgg", "googlenet"}:
            return ""
        return (
            "The responses and gradients of its 3x3 layers are measured; without blocks "
            "F(x) + x there is no |F(x)| / |x| to measure."
        )

    @cached_property
    def stages(self) -> tuple[StageFacts, ...]:
        """Stem, stages and head with their parameters and multiply-adds."""
        return tuple(
            _stage_facts(name, [layer for layer in self.layers if layer.stage == number])
            for number, name in enumerate(self.stage_names)
        )


def _stage_facts(name: str, layers: Sequence[Layer]) -> StageFacts:
    last = [layer for layer in layers if layer.kind not in _BESIDE][-1]
    return StageFacts(
        name=name,
        out_shape=(last.out_channels, last.height, last.width),
        weighted_layers=sum(layer.weighted for layer in layers),
        parameters=sum(layer.parameters for layer in layers),
        multiply_adds=sum(layer.multiply_adds for layer in layers),
    )


@dataclass(frozen=True)
class Part:
    """Factory for the layers of one part.

    Attributes:
        batch_norm: the network has BN, so that convolutions have no bias.
        stage: the stage's number.
        block: name of the block.
        block_is_module: the layers are children of the block and named within it.
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
        """Return a convolution, padded to keep the size at stride 1.

        Args:
            channels: in and out.
            size: of the output, pixels.
        """
        geometry = {"kernel": kernel, "stride": stride, "padding": kernel // 2, "path": path}
        bias = kind in {"gate", "fully-connected"} or not self.batch_norm
        return self._layer(name, kind, channels, size, bias, **geometry)

    def classifier(self, name: str, channels: tuple[int, int]) -> Layer:
        """Return a fully connected layer."""
        return self.convolution(name, 1, 1, channels, 1, kind="fully-connected")

    def normalization(self, name: str, channels: int, size: int, path: int = 0) -> list[Layer]:
        """Return a BN, or nothing in a network without."""
        if not self.batch_norm:
            return []
        return [self._layer(name, "batch-norm", (channels, channels), size, bias=True, path=path)]

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
        """Return a pooling; `size` of the output, pixels."""
        geometry = {"kernel": kernel, "stride": stride, "padding": padding, "path": path}
        return self._layer(name, kind, (channels, channels), size, False, **geometry)

    def concatenation(self, name: str, channels: int, size: int) -> Layer:
        """Return the concatenation of parallel paths."""
        return self._layer(name, "concat", (channels, channels), size)

    def _layer(
        self,
        name: str,
        kind: LayerKind,
        channels: tuple[int, int],
        size: int,
        bias: bool = False,
        **geometry: int,
    ) -> Layer:
        return Layer(
            name=f"{self.block}.{name}" if self.block and self.block_is_module else name,
            kind=kind,
            in_channels=channels[0],
            out_channels=channels[1],
            height=size,
            width=size,
            bias=bias,
            stage=self.stage,
            block=self.block,
            shortcut=self.shortcut,
            **{"kernel": 1, "stride": 1, **geometry},
        )


def branch_steps(spec: Spec, layers: Sequence[Layer]) -> tuple[str, ...]:
    """F's steps in order: "3x3, 16", "BN", "ReLU", "3x3, 16", "BN".

    `layers` are the branch's own; the nonlinearity stands before every convolution, but for
    the first where the activation comes after.
    """
    steps: list[str] = []
    for layer in layers:
        if layer.kind == "batch-norm":
            steps.append("BN")
            continue
        if steps or spec.family == "preresnet":
            steps.append(ACTIVATION_TEXTS[spec.activation])
        steps.append(step(layer))
    return tuple(steps)


def step(layer: Layer) -> str:
    """A convolution or pooling in the paper's words: "3x3, 128, /2", "max pool, /2"."""
    halves = ", /2" if layer.stride == 2 else ""
    if layer.kind == "max-pool":
        return f"max pool{halves}"
    return f"{layer.kernel}x{layer.kernel}, {layer.out_channels}{halves}"


def equation(spec: Spec, kind: ShortcutKind) -> str:
    """The block's output y, as its `forward` has it: "y = ReLU(F(x) + x)"."""
    f, shortcut = ACTIVATION_TEXTS[spec.activation], SHORTCUT_TEXTS[kind]
    match spec.family:
        case "plain":
            return f"y = {f}(F(x))"
        case "resnet":
            return f"y = {f}(F(x) + {shortcut})"
        case "preresnet":
            return f"y = F(x) + {shortcut}"
        case "highway":
            return f"y = T(x)·{f}(F(x)) + (1 - T(x))·{shortcut}"
        case _:
            raise ValueError(f"{spec.family} has no such blocks")
