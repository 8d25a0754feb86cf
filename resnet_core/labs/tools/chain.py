"""A CIFAR network as a chain of steps: its stem, its blocks, its head."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from resnet_core.labs.tools.trained_network import logits
from resnet_core.networks.blocks import Block
from resnet_core.networks.catalog import CifarPreActivationNet, block_sites

Step = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Chain:
    """The steps of a network's forward pass.

    Attributes:
        stem: images (B, C, H, W) -> x_0.
        blocks: the blocks by their names in the state dict, x_l -> x_{l+1}, first to last.
        head: x_L -> logits (B, classes).
    """

    stem: Step
    blocks: tuple[tuple[str, Block], ...]
    head: Step

    @classmethod
    def of(cls, model: nn.Module) -> Chain:
        """The network's own modules, in the mode in which they are."""

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
        """x_0, x_1, ..., x_L: the input of the first block and the output of each."""
        x = self.stem(images)
        yield x
        for _, block in self.blocks:
            x = block(x)
            yield x

    def logits(self, images: Tensor, blocks: Sequence[Step]) -> Tensor:
        """The outputs with these steps in place of the blocks. N, C, H, W -> N, classes."""

        def forward(x: Tensor) -> Tensor:
            x = self.stem(x)
            for block in blocks:
                x = block(x)
            return self.head(x)

        return logits(forward, images)


def changes_size(block: Block) -> bool:
    """Compare the shape of a block's output with its input's."""
    first, last = convolutions(block)[0], convolutions(block)[-1]
    return stride(block) > 1 or first.in_channels != last.out_channels


def convolutions(block: Block) -> list[nn.Conv2d]:
    """Those of the branch, first to last."""
    layers = (getattr(block, name) for name in block.branch)
    return [layer for layer in layers if isinstance(layer, nn.Conv2d)]


def stride(block: Block) -> int:
    """The factor by which the block divides height and width."""
    total = 1
    for convolution in convolutions(block):
        total *= convolution.stride[0]
    return total
