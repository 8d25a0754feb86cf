"""The networks of Table 1 and Fig. 3: a 7x7 stem, four stages of blocks, a linear classifier.

Modules are named as in torchvision: conv1, bn1, layer1.0.conv1, ..., layer4.2.bn3, fc.
"""

from __future__ import annotations

from torch import Tensor, nn

from resnet_core.networks.layers import Layers
from resnet_core.networks.stages import stages
from resnet_core.specs.imagenet import ImageNetSpec


class ImageNetNet(nn.Module):
    """Plain and residual networks of 18 to 152 layers.

    Images of 224 x 224 pixels become maps of 7 x 7; being pooled over their whole extent,
    maps of any size reach the classifier (section 3.4 tests at several).
    """

    def __init__(self, spec: ImageNetSpec) -> None:
        super().__init__()
        layers = Layers.of(spec)
        self.conv1 = layers.convolution(spec.channels, spec.width, kernel=7, stride=2)
        self.bn1 = layers.normalization(spec.width)
        self.activation = layers.activation()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1, self.layer2, self.layer3, self.layer4 = stages(spec, layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(spec.features, spec.classes)

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, classes
        x = self.maxpool(self.activation(self.bn1(self.conv1(x))))  # B, 64, H / 4, W / 4
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))
