"""The layers a network is made of: convolution, normalisation, nonlinearity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from resnet_core.specs.cifar import Activation
from resnet_core.specs.names import Spec

ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


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
        return nn.Conv2d(
            in_channels,
            out_channels,
            kernel,
            stride,
            padding=kernel // 2,
            bias=not self.batch_norm,
        )

    def normalization(self, channels: int) -> nn.Module:
        return nn.BatchNorm2d(channels) if self.batch_norm else nn.Identity()

    def activation(self) -> nn.Module:
        return ACTIVATIONS[self.nonlinearity]()
