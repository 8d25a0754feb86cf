"""Specs of the CIFAR networks of section 4.2, as plain data.

Both the arithmetic (`anatomy`) and the modules (`networks`) are built from a
`NetworkSpec`; neither torch nor any interface is needed to hold one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from resnet_core.errors import InvalidSetting

Family = Literal["plain", "resnet", "highway", "preresnet"]
Shortcut = Literal["A", "B", "C"]
OptionAPadding = Literal["end", "both"]
Block = Literal["basic", "bottleneck"]
StrideIn = Literal["1x1", "3x3"]
Activation = Literal["relu", "leaky_relu", "tanh", "sigmoid"]
Initialization = Literal["he", "xavier", "small_normal", "zero_last"]

FAMILIES: tuple[Family, ...] = get_args(Family)
STAGES = 3
# A single training step of more layers takes too long; 2000 = 6 x 333 + 2.
DEEPEST = 2000
BOTTLENECK_EXPANSION = 4

_IMAGENET_DEPTHS = {"resnet": {18, 34, 50, 101, 152}, "plain": {18, 34}}  # of Table 1
_NAME = re.compile(r"cifar/([a-z]+)-(-?\d{1,12})", re.ASCII)


@dataclass(frozen=True)
class NetworkSpec:
    """A network of the CIFAR family (section 4.2) and its variations.

    Attributes:
        family: `plain`, `resnet`, `highway` (a learned transform gate per block,
            Srivastava et al. 2015) or `preresnet` (full pre-activation, He et al. 2016).
        depth: weighted layers: 3 stages x n blocks x layers per block, plus 2.
        shortcut: option A (zero padding), B (projection where the size changes) or
            C (projection everywhere), section 3.3 and Table 3. Plain networks have none.
        option_a_padding: where option A's zero channels go: after the input's, or half
            on each side. The paper does not say; weights do not transfer between them.
        block: two 3x3 layers, or the 1x1 - 3x3 - 1x1 bottleneck of Fig. 5.
        stride_in: the layer of a bottleneck that halves the map: its first 1x1 (the paper) or
            its 3x3 (most public code). Basic blocks have no such choice.
        layers_per_block: 3x3 layers in a basic block (1, 2 or 3). A bottleneck has 3 layers.
        width: filters in the first stage; doubled at each of the two down-samplings.
        image_size: height and width of the input, pixels.
        channels: channels of the input.
        classes: outputs of the fully connected layer.

    Raises:
        InvalidSetting: the depth is not reachable with these blocks, or basic blocks are given a
            bottleneck's choice.
    """

    family: Family = "resnet"
    depth: int = 20
    shortcut: Shortcut = "A"
    option_a_padding: OptionAPadding = "end"
    block: Block = "basic"
    stride_in: StrideIn = "1x1"
    layers_per_block: int = 2
    width: int = 16
    activation: Activation = "relu"
    batch_norm: bool = True
    initialization: Initialization = "he"
    image_size: int = 32
    channels: int = 3
    classes: int = 10

    def __post_init__(self) -> None:
        if self.block == "bottleneck" and self.layers_per_block != 3:
            raise InvalidSetting(
                "layers_per_block", "setting.bottleneck_layers", given=self.layers_per_block
            )
        check_depth(self.depth, self.layers_per_block)
        if self.block != "bottleneck" and self.stride_in != "1x1":
            raise InvalidSetting(
                "stride_in", "setting.no_bottlenecks", network=self.name, default="1x1"
            )

    @property
    def blocks_per_stage(self) -> int:
        """The paper's n."""
        return (self.depth - 2) // (STAGES * self.layers_per_block)

    @property
    def stage_blocks(self) -> tuple[int, ...]:
        """Blocks in each of the three stages."""
        return (self.blocks_per_stage,) * STAGES

    @property
    def expansion(self) -> int:
        """Channels that leave a block, as a multiple of its 3x3 layer's filters."""
        return BOTTLENECK_EXPANSION if self.block == "bottleneck" else 1

    @property
    def features(self) -> int:
        """Channels that leave the last stage and enter the classifier."""
        return self.width * 2 ** (STAGES - 1) * self.expansion

    @property
    def name(self) -> str:
        """The name that `parse_name` reads."""
        return f"cifar/{self.family}-{self.depth}"

    @property
    def has_shortcuts(self) -> bool:
        return self.family != "plain"


def parse_name(name: str, layers_per_block: int = 2) -> tuple[Family, int]:
    """Return family and depth of a name such as `cifar/resnet-56`.

    Raises:
        InvalidSetting: the family is unknown or the depth is not reachable.
    """
    match = _NAME.fullmatch(name.strip().lower())
    if match is None:
        near = _meant(name)
        if near is not None:
            raise InvalidSetting("network", "setting.network_near", given=name[:60], near=near)
        raise InvalidSetting("network", "setting.network_name", given=name[:60], options=FAMILIES)
    family, depth = match[1], int(match[2])
    if family not in FAMILIES:
        raise InvalidSetting("network", "setting.family", given=family, options=FAMILIES)
    check_depth(depth, layers_per_block)
    return family, depth


def _meant(name: str) -> str | None:
    """Return the name that is meant by one of other code, such as resnet20 or PreActResNet-18."""
    letters = re.sub(r"[-_/ ]", "", name.lower()).removeprefix("cifar").removeprefix("imagenet")
    match = re.fullmatch(r"(pre|preact|preactivation)?(resnet|plain|highway)([0-9]{1,4})", letters)
    if match is None:
        return None
    depth = int(match[3])
    if match[2] in {"resnet", "plain"} and depth in _IMAGENET_DEPTHS[match[2]] and not match[1]:
        return f"imagenet/{match[2]}-{depth}"
    family = f"{'pre' if match[1] else ''}{match[2]}"
    reachable = depth > 2 and (depth - 2) % (2 * STAGES) == 0 and family in FAMILIES
    return f"cifar/{family}-{depth}" if reachable else None


def check_depth(depth: int, layers_per_block: int = 2) -> None:
    """Accept depths of 3 n k + 2 weighted layers: 6n + 2 for the paper's two-layer blocks.

    Raises:
        InvalidSetting: with the nearest possible depths.
    """
    step = STAGES * layers_per_block
    if depth < step + 2:
        raise InvalidSetting(
            "network", "setting.depth_too_small", depth=depth, step=step, least=step + 2
        )
    if depth > DEEPEST:
        raise InvalidSetting("network", "setting.depth_too_large", depth=depth, most=DEEPEST)
    if (depth - 2) % step:
        below = depth - (depth - 2) % step
        raise InvalidSetting(
            "network",
            "setting.depth_between",
            depth=depth,
            step=step,
            below=below,
            above=below + step,
        )
