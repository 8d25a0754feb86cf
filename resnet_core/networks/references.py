"""The networks that the paper compares with: torchvision's VGG and GoogLeNet.

Names and values are torchvision's. Only the ReLUs differ: none works in place and none is used
twice, so that probes and attribution methods read each layer's own output.

VGG and GoogLeNet have no blocks with a branch F(x): the responses and gradients of their 3x3
layers are measured, but ||F(x)|| / ||x|| is not.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import Tensor, nn
from torchvision.models.googlenet import GoogLeNet, Inception, InceptionAux
from torchvision.models.vgg import VGG, cfgs, make_layers

from resnet_core.specs.imagenet import ImageNetSpec

# Simonyan & Zisserman 2015, Table 1: the columns of 16 and of 19 weighted layers.
_COLUMNS = {16: "D", 19: "E"}
_BN_EPS = 1e-3  # torchvision's, in GoogLeNet


class ConvolutionUnit(nn.Module):
    """Convolution, BN, ReLU: torchvision's unit with the ReLU as a module.

    GoogLeNet is older than BN (Szegedy et al. 2015); torchvision's has it.
    """

    def __init__(self, in_channels: int, out_channels: int, **geometry: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=False, **geometry)
        self.bn = nn.BatchNorm2d(out_channels, eps=_BN_EPS)
        self.activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, C', H / stride, W / stride
        return self.activation(self.bn(self.conv(x)))


def reference(spec: ImageNetSpec) -> nn.Module:
    """Return torchvision's network with torch's initial values."""
    return _vgg(spec) if spec.family == "vgg" else _googlenet(spec)


def _vgg(spec: ImageNetSpec) -> nn.Module:
    """VGG without BN, as in the paper's Fig. 3; dropout between the fully connected layers."""
    features = make_layers(cfgs[_COLUMNS[spec.depth]])
    model: nn.Module = VGG(features, num_classes=spec.classes, init_weights=False)
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return model


def _googlenet(spec: ImageNetSpec) -> nn.Module:
    """GoogLeNet without the two auxiliary classifiers, which exist in training only.

    The third path of a module is 3x3 in torchvision where the original has 5x5; its
    published weights were trained so.
    """
    unit = ConvolutionUnit
    blocks = [unit, partial(Inception, conv_block=unit), InceptionAux]
    model: nn.Module = GoogLeNet(
        num_classes=spec.classes, aux_logits=False, init_weights=False, blocks=blocks
    )
    return model
