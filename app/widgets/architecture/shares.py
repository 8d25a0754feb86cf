"""What the sentences of the page say, computed from the networks' anatomies."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_core.anatomy import Anatomy, BlockFacts, describe
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.names import Spec, spec_of

LARGE = 112  # pixels: the maps that only VGG works on for long


@dataclass(frozen=True)
class Shares:
    """Where a network's cost is.

    Attributes:
        dense_parameters: of the fully connected layers.
        large_multiply_adds: of the layers whose maps have 112 pixels a side or more.
    """

    anatomy: Anatomy
    dense_parameters: int
    large_multiply_adds: int

    @classmethod
    def of(cls, spec: Spec) -> Shares:
        anatomy = describe(spec)
        dense = [layer for layer in anatomy.layers if layer.kind == "fully-connected"]
        large = [layer for layer in anatomy.layers if layer.height >= LARGE]
        return cls(
            anatomy,
            sum(layer.parameters for layer in dense),
            sum(layer.multiply_adds for layer in large),
        )

    @property
    def dense_share(self) -> float:
        """Of all parameters, percent."""
        return 100 * self.dense_parameters / self.anatomy.parameters

    @property
    def large_share(self) -> float:
        """Of all multiply-adds, percent."""
        return 100 * self.large_multiply_adds / self.anatomy.multiply_adds


def imagenet(name: str, **settings: str) -> Anatomy:
    """A network for ImageNet, by its name without the folder."""
    return describe(spec_of(f"imagenet/{name}", **settings))


def block_of(anatomy: Anatomy, name: str) -> BlockFacts:
    return next(block for block in anatomy.blocks if block.name == name)


def compared_blocks() -> dict[str, BlockFacts]:
    """Blocks on 56 x 56 maps (Fig. 5): basic with 64 and with 256 channels, bottleneck with 256.

    The basic block with 256 channels on such maps is in no network of the paper; one of
    section 4.2's that is as wide has it.
    """
    wide = describe(NetworkSpec(depth=14, width=256, image_size=56))
    return {
        "basic_64": block_of(imagenet("resnet-34"), "layer1.1"),
        "bottleneck": block_of(imagenet("resnet-50"), "layer1.1"),
        "projection": block_of(imagenet("resnet-50", shortcut="C"), "layer1.1"),
        "basic_256": block_of(wide, "layer1.1"),
    }
