"""The four kinds of block. Each `forward` is the block's equation.

They share the branch F(x) and differ in what becomes of it and of x.
"""

from __future__ import annotations

from torch import Tensor, nn

from resnet_core.networks.branches import Branch


class Block(nn.Module):
    """Holds a branch F(x); its layers are the block's own children, in order of use.

    Attributes:
        branch: the names of these layers, first to last.
    """

    def __init__(self, branch: Branch) -> None:
        super().__init__()
        self.branch = tuple(branch)
        for name, layer in branch.items():
            self.add_module(name, layer)

    def residual(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, C', H / stride, W / stride
        """F(x)."""
        for name in self.branch:
            x = getattr(self, name)(x)
        return x


class PlainBlock(Block):
    """y = f(F(x)): the same layers with nothing round them (section 3.3)."""

    def __init__(self, branch: Branch, activation: nn.Module) -> None:
        super().__init__(branch)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.residual(x))


class ShortcutBlock(Block):
    """A branch and a shortcut of the same output shape; what they make is for others to say."""

    def __init__(self, branch: Branch, shortcut: nn.Module) -> None:
        super().__init__(branch)
        self.downsample = shortcut  # torchvision's name, so that weights are interchangeable

    def shortcut(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, C', H / stride, W / stride
        """x, or what stands for it where the shape changes."""
        return self.downsample(x)


class ResidualBlock(ShortcutBlock):
    """y = f(F(x) + x), eq. 1 of the paper and the nonlinearity after it."""

    def __init__(self, branch: Branch, shortcut: nn.Module, activation: nn.Module) -> None:
        super().__init__(branch, shortcut)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.residual(x) + self.shortcut(x))


class PreActivationBlock(ShortcutBlock):
    """y = F(x) + x with nothing after it, so that x_L = x_0 + the sum of all F (He et al. 2016).

    He et al. share the first block's BN and nonlinearity, and those of a projecting block,
    between branch and shortcut. Here they belong to the branch in every block: the shortcut
    is the same as in `ResidualBlock`, and the order of the layers is all that differs.
    """

    def forward(self, x: Tensor) -> Tensor:
        return self.residual(x) + self.shortcut(x)


class HighwayBlock(ShortcutBlock):
    """y = T(x) H(x) + (1 - T(x)) x, eq. 3 of Srivastava et al. 2015, with H(x) = f(F(x)).

    The gate T lies between 0 and 1 for every channel and pixel of y. Wide open, the block is
    a `PlainBlock`; shut, it is its shortcut.
    """

    def __init__(
        self, branch: Branch, shortcut: nn.Module, activation: nn.Module, gate: nn.Conv2d
    ) -> None:
        super().__init__(branch, shortcut)
        self.activation = activation
        self.gate = gate
        self.sigmoid = nn.Sigmoid()

    def transform(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, C', H / stride, W / stride
        """T(x), the part of y that the branch gives."""
        return self.sigmoid(self.gate(x))

    def forward(self, x: Tensor) -> Tensor:
        gate = self.transform(x)
        return gate * self.activation(self.residual(x)) + (1 - gate) * self.shortcut(x)
