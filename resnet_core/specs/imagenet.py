"""Specs of the paper's ImageNet networks, as plain data without torch.

Table 1's networks, their plain counterparts, and two that the paper compares with: VGG (Fig. 3,
left) and GoogLeNet (Table 4).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Literal, get_args

from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import (
    BOTTLENECK_EXPANSION,
    Activation,
    Block,
    Initialization,
    OptionAPadding,
    Shortcut,
    StrideIn,
)

ImageNetFamily = Literal["plain", "resnet", "vgg", "googlenet"]
Architecture = Literal[
    "plain-18",
    "plain-34",
    "resnet-18",
    "resnet-34",
    "resnet-50",
    "resnet-101",
    "resnet-152",
    "vgg-16",
    "vgg-19",
    "googlenet",
]

ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
PREFIX = "imagenet/"
# Table 1: blocks in conv2_x, conv3_x, conv4_x and conv5_x. Two 3x3 layers make a block of 18
# and 34 layers, a bottleneck those of more.
STAGE_BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
LEAST_BOTTLENECK_DEPTH = 50
GOOGLENET_DEPTH = 22  # weighted layers on its longest path (Szegedy et al. 2015, Table 1)
# Smaller images leave a pooling layer without input.
_SMALLEST: dict[ImageNetFamily, int] = {"plain": 1, "resnet": 1, "vgg": 32, "googlenet": 15}
_LARGEST = 4096
CHOICES: dict[str, tuple[Any, ...]] = {
    "shortcut": get_args(Shortcut),
    "option_a_padding": get_args(OptionAPadding),
    "stride_in": get_args(StrideIn),
    "activation": get_args(Activation),
    "initialization": get_args(Initialization),
}


@dataclass(frozen=True)
class ImageNetSpec:
    """A network for 224 x 224 images (section 3.3, Table 1) or one it is compared with.

    Attributes:
        architecture: `resnet-50`, and so on; `name` with the prefix left out.
        shortcut: option A, B or C, section 3.3. B is what Table 4's networks have, and
            torchvision's.
        option_a_padding: where option A's zero channels go, as in `NetworkSpec`.
        stride_in: the layer of a bottleneck that halves the map: its first 1x1 (the paper) or
            its 3x3 (torchvision, "v1.5"). The parameters are the same, the results are not.
        activation: of plain and residual networks; VGG and GoogLeNet are as torchvision has
            them, with ReLU.
        image_size: height and width of the input, pixels.
        channels: of the input.
        classes: outputs of the last fully connected layer.

    Raises:
        InvalidSetting: a value that does not exist, or that this architecture does not have.
    """

    architecture: Architecture = "resnet-50"
    shortcut: Shortcut = "B"
    option_a_padding: OptionAPadding = "end"
    stride_in: StrideIn = "1x1"
    activation: Activation = "relu"
    initialization: Initialization = "he"
    image_size: int = 224
    channels: int = 3
    classes: int = 1000

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise _unknown(str(self.architecture))
        for field, choices in CHOICES.items():
            check_choice(field, getattr(self, field), choices)
        self._check_sizes()
        if self.is_reference and (self.activation != "relu" or self.channels != 3):
            field, value = ("channels", 3) if self.activation == "relu" else ("activation", "relu")
            raise InvalidSetting(
                field, "setting.as_torchvision", network=self.architecture, value=value
            )

    def _check_sizes(self) -> None:
        least = _SMALLEST[self.family]
        if not least <= self.image_size <= _LARGEST:
            raise InvalidSetting(
                "image_size",
                "setting.crop_size",
                given=self.image_size,
                least=least,
                most=_LARGEST,
                network=self.architecture,
                good=min(max(self.image_size, least), _LARGEST),
            )
        for field in ("channels", "classes"):
            if getattr(self, field) < 1:
                raise InvalidSetting(
                    field, "setting.too_small", given=getattr(self, field), bound=1
                )

    @property
    def name(self) -> str:
        """The name that `spec_of` reads."""
        return f"{PREFIX}{self.architecture}"

    @property
    def family(self) -> ImageNetFamily:
        family: ImageNetFamily = self.architecture.split("-")[0]  # type: ignore[assignment]
        return family

    @property
    def depth(self) -> int:
        """Weighted layers from image to logits."""
        if self.architecture == "googlenet":
            return GOOGLENET_DEPTH
        return int(self.architecture.split("-")[1])

    @property
    def is_reference(self) -> bool:
        """True for VGG and GoogLeNet, with which the paper only compares."""
        return self.family in {"vgg", "googlenet"}

    @property
    def stage_blocks(self) -> tuple[int, ...]:
        """Blocks in each of the four stages; a reference network has none of these blocks."""
        return () if self.is_reference else STAGE_BLOCKS[self.depth]

    @property
    def block(self) -> Block:
        return "bottleneck" if self.depth >= LEAST_BOTTLENECK_DEPTH else "basic"

    @property
    def layers_per_block(self) -> int:
        return 3 if self.block == "bottleneck" else 2

    @property
    def width(self) -> int:
        """Filters in the first stage."""
        return 64

    @property
    def batch_norm(self) -> bool:
        """Section 3.4; VGG is older than BN."""
        return self.family != "vgg"

    @property
    def expansion(self) -> int:
        """Channels that leave a block, as a multiple of its 3x3 layer's filters."""
        return BOTTLENECK_EXPANSION if self.block == "bottleneck" else 1

    @property
    def features(self) -> int:
        """Channels that enter the last fully connected layer."""
        if self.is_reference:
            return {"vgg": 4096, "googlenet": 1024}[self.family]
        return self.width * 2 ** (len(self.stage_blocks) - 1) * self.expansion

    @property
    def has_shortcuts(self) -> bool:
        return self.family == "resnet"


def parse_imagenet_name(name: str) -> Architecture:
    """Return the architecture of a name such as `imagenet/resnet-50`.

    Raises:
        InvalidSetting: there is none of this name; with the nearest one.
    """
    architecture_name = name.strip().lower().removeprefix(PREFIX)
    for architecture in ARCHITECTURES:
        if architecture_name == architecture:
            return architecture
    raise _unknown(architecture_name)


def check_choice(field: str, value: object, choices: tuple[Any, ...]) -> None:
    """Accept one of the choices.

    Raises:
        InvalidSetting: the value is none of them.
    """
    if value not in choices:
        raise InvalidSetting(field, "setting.choice", given=str(value)[:60], options=choices)


def _unknown(text: str) -> InvalidSetting:
    near = difflib.get_close_matches(text[:60], ARCHITECTURES, n=1, cutoff=0.6)
    name = PREFIX + text[:60]
    if near:
        return InvalidSetting("network", "setting.architecture_near", given=name, near=near[0])
    return InvalidSetting("network", "setting.architecture", given=name, options=ARCHITECTURES)
