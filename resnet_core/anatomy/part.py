"""Layers of one part of a network (the stem, a block, the head), and blocks in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_core.anatomy.facts import Layer, LayerKind
from resnet_core.specs.cifar import Activation
from resnet_core.specs.geometry import ShortcutKind
from resnet_core.specs.names import Spec


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
        """Return the concatenation of parallel paths."""
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
