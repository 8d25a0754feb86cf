"""The CIFAR networks of section 4.2: a 3x3 stem, three stages of blocks, a linear classifier.

Modules are named as in torchvision: conv1, bn1, layer1.0.conv1, ..., layer3.2.bn2, fc.
"""

from __future__ import annotations

from torch import Tensor, nn

from resnet_core.networks.layers import Layers
from resnet_core.networks.stages import stages
from resnet_core.specs.cifar import NetworkSpec


class CifarNet(nn.Module):
    """Plain, residual and highway networks, all with the nonlinearity after the convolutions."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        layers = Layers.of(spec)
        self.conv1 = layers.convolution(spec.channels, spec.width, kernel=3)
        self.bn1 = layers.normalization(spec.width)
        self.activation = layers.activation()
        self.layer1, self.layer2, self.layer3 = stages(spec, layers)
        self.fc = nn.Linear(spec.features, spec.classes)

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, classes
        x = self.activation(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))  # global average pooling: B, C


class CifarPreActivationNet(nn.Module):
    """Full pre-activation: every block begins with BN and nonlinearity, and so does the pooling.

    The stem is a bare convolution, as the first block brings its own BN. The pooling's BN and
    nonlinearity are those of He et al. 2016 after the last addition.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        layers = Layers.of(spec)
        self.conv1 = layers.convolution(spec.channels, spec.width, kernel=3)
        self.layer1, self.layer2, self.layer3 = stages(spec, layers)
        self.bn = layers.normalization(spec.features)
        self.activation = layers.activation()
        self.fc = nn.Linear(spec.features, spec.classes)

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, classes
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        x = self.activation(self.bn(x))
        return self.fc(x.mean(dim=(2, 3)))  # global average pooling: B, C
