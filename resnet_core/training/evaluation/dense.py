"""Networks for ImageNet that look at whole pictures of any size (section 3.4)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from resnet_core.errors import InvalidSetting

# A side of the maps that VGG's first fully connected layer takes, and of images per pixel of them.
_VGG_SIDE, _VGG_STRIDE = 7, 32


def fully_convolutional(model: nn.Module, crop: int) -> nn.Module:
    """The network for pictures of any size from `crop` up: the mean of its scores at all places.

    Plain and residual networks and GoogLeNet pool their last maps over their whole extent and
    are linear from there, so the mean of the scores is what they give as they are. VGG's fully
    connected layers become convolutions.

    Raises:
        InvalidSetting: VGG was trained on crops of another size than 224, whose maps it
            stretches to the size that its layers need.
    """
    classifier = getattr(model, "classifier", None)
    if classifier is None:
        return model
    if crop != _VGG_SIDE * _VGG_STRIDE:
        raise InvalidSetting("views", "setting.dense_vgg", size=crop, only=_VGG_SIDE * _VGG_STRIDE)
    return DenseVgg(model)


class DenseVgg(nn.Module):
    """VGG with its fully connected layers as convolutions, 7x7, 1x1 and 1x1 (Simonyan &
    Zisserman 2015, section 3.2). For evaluation: there is no dropout."""

    def __init__(self, vgg: nn.Module) -> None:
        super().__init__()
        self.features = vgg.get_submodule("features")
        dense = vgg.get_submodule("classifier").children()
        self.layers = [layer for layer in dense if isinstance(layer, nn.Linear)]

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, classes
        x = self.features(x)
        first, second, third = self.layers
        x = functional.relu(_convolved(x, first, _VGG_SIDE))
        x = functional.relu(_convolved(x, second, 1))
        return _convolved(x, third, 1).mean(dim=(2, 3))


def _convolved(x: Tensor, layer: nn.Linear, side: int) -> Tensor:
    """A fully connected layer at every place of side x side pixels."""
    weight = layer.weight.reshape(layer.out_features, -1, side, side)
    return functional.conv2d(x, weight, layer.bias)
