"""A CIFAR network taken apart: its stem, its blocks one after the other, its head."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from resnet_core.networks.blocks import Block
from resnet_core.networks.catalog import block_sites
from resnet_core.networks.resnet import CifarPreActivationNet

Step = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Chain:
    """The steps of a network's forward pass, which can be taken one by one.

    Attributes:
        stem: images (B, C, H, W) -> x_0.
        blocks: the blocks by their names in the state dict, x_l -> x_{l+1}, first to last.
        head: x_L -> scores (B, classes).
    """

    stem: Step
    blocks: tuple[tuple[str, Block], ...]
    head: Step

    @classmethod
    def of(cls, model: nn.Module) -> Chain:
        """The network's own modules, not copies: in evaluation mode if it is."""

        def stem(images: Tensor) -> Tensor:
            x = model.get_submodule("conv1")(images)
            if isinstance(model, CifarPreActivationNet):
                return x
            return model.get_submodule("activation")(model.get_submodule("bn1")(x))

        def head(x: Tensor) -> Tensor:
            if isinstance(model, CifarPreActivationNet):
                x = model.activation(model.bn(x))
            return model.get_submodule("fc")(x.mean(dim=(2, 3)))

        return cls(stem, tuple(block_sites(model)), head)

    def stream(self, images: Tensor) -> Iterator[Tensor]:
        """x_0, x_1, ..., x_L: what enters the first block and what leaves each."""
        x = self.stem(images)
        yield x
        for _, block in self.blocks:
            x = block(x)
            yield x


def changes_size(block: Block) -> bool:
    """Whether what leaves the block has another shape than what enters it."""
    first, last = convolutions(block)[0], convolutions(block)[-1]
    return stride(block) > 1 or first.in_channels != last.out_channels


def convolutions(block: Block) -> list[nn.Conv2d]:
    """Those of the branch, first to last."""
    layers = (getattr(block, name) for name in block.branch)
    return [layer for layer in layers if isinstance(layer, nn.Conv2d)]


def stride(block: Block) -> int:
    """By how much the block divides height and width."""
    total = 1
    for convolution in convolutions(block):
        total *= convolution.stride[0]
    return total
