"""Works out a network's anatomy from its description."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from resnet_core.anatomy.drawing import branch_steps, equation
from resnet_core.anatomy.facts import HEAD, STEM, Anatomy, BlockFacts, Layer, LayerKind
from resnet_core.network_spec import NetworkSpec
from resnet_core.networks import geometry
from resnet_core.networks.geometry import BlockGeometry, ShortcutKind


@lru_cache(maxsize=64)
def describe(spec: NetworkSpec) -> Anatomy:
    """The anatomy of the network that `networks.catalog.build` makes from the same spec."""
    size = spec.image_size
    layers = _stem(spec)
    blocks = []
    for place in geometry.blocks(spec):
        block = _block(spec, place, size)
        blocks.append(block)
        layers += block.layers
        size = block.out_shape[1]
    layers += _head(spec, size)
    return Anatomy(spec, tuple(layers), tuple(blocks))


@dataclass(frozen=True)
class _Part:
    """One part of a network (the stem, a block, the head), and how its layers are written."""

    batch_norm: bool
    stage: int
    block: str = ""
    shortcut: ShortcutKind = "none"

    def convolution(
        self,
        name: str,
        kernel: int,
        stride: int,
        channels: tuple[int, int],
        size: int,
        kind: LayerKind = "convolution",
    ) -> Layer:
        """`channels` in and out; `size` of the output, pixels."""
        return Layer(
            name=self._full(name),
            kind=kind,
            kernel=kernel,
            stride=stride,
            in_channels=channels[0],
            out_channels=channels[1],
            height=size,
            width=size,
            bias=kind in {"gate", "fully-connected"} or not self.batch_norm,
            stage=self.stage,
            block=self.block,
            shortcut=self.shortcut,
        )

    def normalization(self, name: str, channels: int, size: int) -> list[Layer]:
        """A BN, or nothing in a network without."""
        if not self.batch_norm:
            return []
        return [
            Layer(
                name=self._full(name),
                kind="batch-norm",
                kernel=1,
                stride=1,
                in_channels=channels,
                out_channels=channels,
                height=size,
                width=size,
                bias=True,
                stage=self.stage,
                block=self.block,
                shortcut=self.shortcut,
            )
        ]

    def _full(self, name: str) -> str:
        return f"{self.block}.{name}" if self.block else name


def _stem(spec: NetworkSpec) -> list[Layer]:
    part, size = _Part(spec.batch_norm, STEM), spec.image_size
    layers = [part.convolution("conv1", 3, 1, (spec.channels, spec.width), size)]
    if spec.family != "preresnet":
        layers += part.normalization("bn1", spec.width, size)
    return layers


def _head(spec: NetworkSpec, size: int) -> list[Layer]:
    part = _Part(spec.batch_norm, HEAD)
    layers = part.normalization("bn", spec.features, size) if spec.family == "preresnet" else []
    channels = (spec.features, spec.classes)
    return [*layers, part.convolution("fc", 1, 1, channels, 1, kind="fully-connected")]


def _block(spec: NetworkSpec, place: BlockGeometry, size: int) -> BlockFacts:
    part = _Part(spec.batch_norm, place.stage, place.name, place.shortcut)
    out_size = -(-size // place.stride)  # rounded up: the padding of a 3x3 convolution sees to it
    branch = _branch(spec, place, part, size, out_size)
    return BlockFacts(
        name=place.name,
        stage=place.stage,
        index=place.index,
        stride=place.stride,
        shortcut=place.shortcut,
        gated=spec.family == "highway",
        equation=equation(spec, place.shortcut),
        branch=branch_steps(spec, branch),
        in_shape=(place.in_channels, size, size),
        out_shape=(place.out_channels, out_size, out_size),
        layers=(*branch, *_beside(spec, place, part, out_size)),
    )


def _convolutions(spec: NetworkSpec, place: BlockGeometry) -> list[tuple[int, int]]:
    """Kernel and filters of each convolution of F, in order (Fig. 5)."""
    if spec.block == "bottleneck":
        return [(1, place.filters), (3, place.filters), (1, place.out_channels)]
    return [(3, place.filters)] * spec.layers_per_block


def _branch(
    spec: NetworkSpec, place: BlockGeometry, part: _Part, size: int, out_size: int
) -> list[Layer]:
    """F's layers: BN after each convolution, or before it in a preresnet."""
    layers: list[Layer] = []
    channels, stride = place.in_channels, place.stride
    for number, (kernel, filters) in enumerate(_convolutions(spec, place), start=1):
        conv = part.convolution(f"conv{number}", kernel, stride, (channels, filters), out_size)
        if spec.family == "preresnet":
            layers += [*part.normalization(f"bn{number}", channels, size), conv]
        else:
            layers += [conv, *part.normalization(f"bn{number}", filters, out_size)]
        channels, stride, size = filters, 1, out_size
    return layers


def _beside(spec: NetworkSpec, place: BlockGeometry, part: _Part, size: int) -> list[Layer]:
    """The layers beside F: a projection with its BN, and a highway block's gate."""
    channels, layers = (place.in_channels, place.out_channels), []
    if place.shortcut == "projection":
        layers.append(
            part.convolution("downsample.0", 1, place.stride, channels, size, kind="projection")
        )
        layers += part.normalization("downsample.1", place.out_channels, size)
    if spec.family == "highway":
        layers.append(part.convolution("gate", 1, place.stride, channels, size, kind="gate"))
    return layers
