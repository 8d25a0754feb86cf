"""The layers a network is made of: convolution, normalisation, nonlinearity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from resnet_core.specs.cifar import Activation
from resnet_core.specs.names import Spec

ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


# oneDNN's kernel for 8 floats at once (AVX2) writes past a buffer where it has fewer channels.
FEWEST_CHANNELS = 8


class SubsampledConvolution(nn.Conv2d):
    """A 1x1 convolution with a stride, computed with stride 1 on every stride-th pixel.

    It is the same function with the same parameters. torch's own aborts, hangs or gives wrong
    weight gradients for fewer than 8 input channels in channels_last float32 on processors
    with AVX2 but without AVX-512 (torch 2.14.1; oneDNN issue 6035).
    """

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, C', H / stride, W / stride
        # As in `ZeroPadding`: pooling over one pixel keeps the memory format of gradients.
        subsampled = functional.avg_pool2d(x, kernel_size=1, stride=self.stride)
        return functional.conv2d(subsampled, self.weight, self.bias)


def pointwise(in_channels: int, out_channels: int, stride: int, bias: bool) -> nn.Conv2d:
    """Return a 1x1 convolution whose gradients are right on every processor."""
    kind = SubsampledConvolution if stride > 1 and in_channels < FEWEST_CHANNELS else nn.Conv2d
    return kind(in_channels, out_channels, kernel_size=1, stride=stride, bias=bias)


@dataclass(frozen=True)
class Layers:
    """Makes the layers of one network, all to the same two settings.

    Nothing is made in place and nothing is used twice: an in-place ReLU overwrites the
    response that a probe has kept, and attribution methods need one module for each use.
    """

    nonlinearity: Activation
    batch_norm: bool

    @classmethod
    def of(cls, spec: Spec) -> Layers:
        return cls(spec.activation, spec.batch_norm)

    def convolution(
        self, in_channels: int, out_channels: int, kernel: int, stride: int = 1
    ) -> nn.Conv2d:
        """Padded to keep the size at stride 1. BN has its own shift, so a bias only without it."""
        bias = not self.batch_norm
        if kernel == 1:
            return pointwise(in_channels, out_channels, stride, bias)
        return nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=bias)

    def normalization(self, channels: int) -> nn.Module:
        return nn.BatchNorm2d(channels) if self.batch_norm else nn.Identity()

    def activation(self) -> nn.Module:
        return ACTIVATIONS[self.nonlinearity]()
