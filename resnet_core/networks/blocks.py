"""Blocks of a network and their parts: layers, the branch F(x), the shortcut, then the blocks.

Each block's `forward` is its equation. The four kinds share F(x) and differ in how they
combine it with x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from resnet_core.specs.cifar import Activation, OptionAPadding, StrideIn
from resnet_core.specs.names import Spec

ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
# oneDNN's AVX2 kernel computes 8 floats at once; with fewer channels it writes past a buffer.
AVX2_CHANNELS = 8

Branch = dict[str, nn.Module]  # layers by torchvision's names (conv1, bn1, ...), in order of use


class SubsampledConvolution(nn.Conv2d):
    """A 1x1 convolution with a stride, computed with stride 1 on every stride-th pixel.

    It is the same function with the same parameters. torch's own aborts, hangs or gives wrong
    weight gradients for fewer than 8 input channels in channels_last float32 on processors
    with AVX2 but without AVX-512 (torch 2.14.1; oneDNN issue 6035).
    """

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, C', H / stride, W / stride
        return functional.conv2d(subsample(x, self.stride[0]), self.weight, self.bias)


def pointwise(in_channels: int, out_channels: int, stride: int, bias: bool) -> nn.Conv2d:
    """Return a 1x1 convolution whose gradients are right on every processor."""
    kind = SubsampledConvolution if stride > 1 and in_channels < AVX2_CHANNELS else nn.Conv2d
    return kind(in_channels, out_channels, kernel_size=1, stride=stride, bias=bias)


def subsample(x: Tensor, stride: int) -> Tensor:
    """Return x[:, :, ::stride, ::stride] by pooling over one pixel, equal to the bit.

    The gradient of pooling keeps x's memory format. A slice's does not, and everything before
    it is then computed in mixed formats: 3 to 6 % of a step in bf16 on a CPU.
    """
    return functional.avg_pool2d(x, kernel_size=1, stride=stride)


@dataclass(frozen=True)
class Layers:
    """Factory for the layers of one network: convolution, normalisation, nonlinearity.

    No layer works in place and none is used twice: an in-place ReLU would overwrite a response
    that a probe reads later, and attribution methods need one module for each use.
    """

    nonlinearity: Activation
    batch_norm: bool

    @classmethod
    def of(cls, spec: Spec) -> Layers:
        return cls(spec.activation, spec.batch_norm)

    def convolution(
        self, in_channels: int, out_channels: int, kernel: int, stride: int = 1
    ) -> nn.Conv2d:
        """Return a convolution padded to keep the size at stride 1, with a bias only without BN."""
        bias = not self.batch_norm  # BN has its own shift
        if kernel == 1:
            return pointwise(in_channels, out_channels, stride, bias)
        return nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=bias)

    def normalization(self, channels: int) -> nn.Module:
        return nn.BatchNorm2d(channels) if self.batch_norm else nn.Identity()

    def activation(self) -> nn.Module:
        return ACTIVATIONS[self.nonlinearity]()


def basic(
    layers: Layers, in_channels: int, filters: int, stride: int, count: int = 2
) -> list[nn.Conv2d]:
    """Return `count` 3x3 convolutions, the first with the stride (Fig. 2; two in the paper)."""
    first = layers.convolution(in_channels, filters, kernel=3, stride=stride)
    return [first, *(layers.convolution(filters, filters, kernel=3) for _ in range(count - 1))]


def bottleneck(
    layers: Layers,
    in_channels: int,
    filters: int,
    out_channels: int,
    stride: int,
    stride_in: StrideIn = "1x1",
) -> list[nn.Conv2d]:
    """Return 1x1 down to `filters`, 3x3, 1x1 up to `out_channels` (Fig. 5, right).

    The stride is in the first 1x1 convolution, as in the paper, or in the 3x3, as in
    torchvision's networks ("v1.5").
    """
    first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
    return [
        layers.convolution(in_channels, filters, kernel=1, stride=first),
        layers.convolution(filters, filters, kernel=3, stride=second),
        layers.convolution(filters, out_channels, kernel=1),
    ]


def post_activation(layers: Layers, convolutions: list[nn.Conv2d]) -> Branch:
    """Put BN and a nonlinearity after each convolution (section 3.4).

    The last nonlinearity is left out: the block applies it, after the addition if it has one.
    """
    branch: Branch = {}
    for number, convolution in enumerate(convolutions, start=1):
        branch[f"conv{number}"] = convolution
        branch[f"bn{number}"] = layers.normalization(convolution.out_channels)
        if number < len(convolutions):
            branch[f"activation{number}"] = layers.activation()
    return branch


def pre_activation(layers: Layers, convolutions: list[nn.Conv2d]) -> Branch:
    """Put BN and a nonlinearity before each convolution (He et al. 2016, Fig. 4e)."""
    branch: Branch = {}
    for number, convolution in enumerate(convolutions, start=1):
        branch[f"bn{number}"] = layers.normalization(convolution.in_channels)
        branch[f"activation{number}"] = layers.activation()
        branch[f"conv{number}"] = convolution
    return branch


class ZeroPadding(nn.Module):
    """Option A (section 3.3): every stride-th pixel, and zeros for the channels x does not have.

    It has no parameters, so a plain and a residual network of the same depth have equally
    many. The zeros come after x's channels ("end"), or half on each side ("both").
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, padding: OptionAPadding
    ) -> None:
        super().__init__()
        missing = out_channels - in_channels
        self.stride = stride
        self.before = missing // 2 if padding == "both" else 0
        self.after = missing - self.before

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, C', H / stride, W / stride
        padding = (0, 0, 0, 0, self.before, self.after)
        return functional.pad(subsample(x, self.stride), padding)

    def extra_repr(self) -> str:
        return f"stride={self.stride}, before={self.before}, after={self.after}"


class Projection(nn.Sequential):
    """Options B and C (section 3.3): a learned 1x1 convolution, W_s of eq. 2, and BN."""

    def __init__(self, layers: Layers, in_channels: int, out_channels: int, stride: int) -> None:
        projection = layers.convolution(in_channels, out_channels, kernel=1, stride=stride)
        if layers.batch_norm:
            super().__init__(projection, layers.normalization(out_channels))
        else:
            super().__init__(projection)


class Block(nn.Module):
    """A branch F(x), whose layers are the block's own children, in order of use.

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
    """y = f(F(x)): the same layers without a shortcut (section 3.3)."""

    def __init__(self, branch: Branch, activation: nn.Module) -> None:
        super().__init__(branch)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.residual(x))


class ShortcutBlock(Block):
    """A branch and a shortcut of the same output shape; subclasses combine the two.

    The shortcut is `nn.Identity`, `ZeroPadding` or a `Projection`.
    """

    def __init__(self, branch: Branch, shortcut: nn.Module) -> None:
        super().__init__(branch)
        self.downsample = shortcut  # torchvision's name, so that weights are interchangeable

    def shortcut(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, C', H / stride, W / stride
        """x, padded or projected where the shape changes."""
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

    The gate T lies between 0 and 1 for every channel and pixel of y. At 1 the block is a
    `PlainBlock`, at 0 its shortcut.
    """

    def __init__(
        self, branch: Branch, shortcut: nn.Module, activation: nn.Module, gate: nn.Conv2d
    ) -> None:
        super().__init__(branch, shortcut)
        self.activation = activation
        self.gate = gate
        self.sigmoid = nn.Sigmoid()

    def transform(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, C', H / stride, W / stride
        """T(x), the weight of the branch in y."""
        return self.sigmoid(self.gate(x))

    def forward(self, x: Tensor) -> Tensor:
        gate = self.transform(x)
        return gate * self.activation(self.residual(x)) + (1 - gate) * self.shortcut(x)
