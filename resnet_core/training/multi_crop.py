"""The three ways of testing on pictures (section 3.4): one view, ten crops, several sizes.

A picture's logits are averaged over its views. With several sizes each view is mirrored as
well: the paper names the fully convolutional form of its references, and both do (Simonyan &
Zisserman 2015, section 3.2; He et al. 2015, "Delving deep into rectifiers", through the dense
testing of SPP-net). The per-pixel mean fits crops only: from whole pictures its mean over the
pixels is subtracted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.data import augment
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet import recipe
from resnet_core.data.imagenet.image_folder import ImageFiles
from resnet_core.data.imagenet.views import Crops, centre_view, ten_views, whole_view
from resnet_core.errors import InvalidSetting
from resnet_core.training.device import Execution

Views = Literal["single", "10-crop", "multi-scale"]

_TOP = 5
_CROPS_AT_ONCE = 50  # crops that go through a network at once


@dataclass(frozen=True)
class Errors:
    """Percent of `n` pictures whose class is not the first, or not among the first five.

    Attributes:
        top5: None where there are no more than five classes.
    """

    top1: float
    top5: float | None
    n: int


@torch.inference_mode()
def errors(
    model: nn.Module,
    pictures: ImageFiles,
    mean: Tensor,
    views: Views,
    execution: Execution,
    decoders: Decoders,
) -> Errors:
    """Test a network with BN's running statistics; it is in evaluation mode afterwards.

    Args:
        mean: per pixel, of bytes: float32, C, S, S on the device; S is the crops' size.

    Raises:
        DataError: a picture cannot be used; names it.
        InvalidSetting: the network cannot be tested so.
    """
    top1_hits = top5_hits = 0
    labels = torch.from_numpy(pictures.labels)
    test = MultiCropTest(model.eval(), mean, views, execution)
    for logits, label in zip(test.logits(pictures, decoders), labels, strict=True):
        hits = logits.topk(min(_TOP, len(logits))).indices == label
        top1_hits, top5_hits = top1_hits + int(hits[0]), top5_hits + int(hits.any())
        classes = len(logits)
    n = len(labels)
    top5 = 100 * (n - top5_hits) / n if classes > _TOP else None
    return Errors(100 * (n - top1_hits) / n, top5, n)


class MultiCropTest:
    """One of the three kinds of test, of one network. For the arguments see `errors`."""

    def __init__(self, model: nn.Module, mean: Tensor, views: Views, execution: Execution) -> None:
        self._crop = mean.shape[-1]
        whole = views == "multi-scale"
        self._network = fully_convolutional(model, self._crop) if whole else model
        self._mean = mean.mean(dim=(1, 2), keepdim=True) if whole else mean
        self._views, self._execution = views, execution

    def logits(self, pictures: ImageFiles, decoders: Decoders) -> Iterator[Tensor]:
        """Yield each picture's logits, averaged over its views: float32, classes, on the CPU."""
        view = partial(_decoded, pictures, self._views, self._crop)
        group: list[list[Crops]] = []
        for views in decoders.map(view, range(len(pictures))):
            group.append(views)
            if len(group) * len(views[0]) >= _CROPS_AT_ONCE or self._views == "multi-scale":
                yield from self._averaged(group)
                group = []
        if group:
            yield from self._averaged(group)

    def _averaged(self, pictures: list[list[Crops]]) -> Tensor:
        """Return the mean logits of P pictures of the same K sizes, V views each. P, classes."""
        sizes = zip(*pictures, strict=True)
        by_size = [self._of_one_size(torch.stack([*map(torch.from_numpy, s)])) for s in sizes]
        return torch.stack(by_size).mean(0).cpu()

    def _of_one_size(self, views: Tensor) -> Tensor:
        """Return the mean logits of views of one size. P, V, H, W, C -> P, classes."""
        count, each = views.shape[:2]
        execution = self._execution
        images = views.flatten(0, 1).permute(0, 3, 1, 2).to(execution.device)
        x = augment.centred(images, self._mean, execution.dtype, execution.memory_format)
        with torch.inference_mode(), execution.autocast():
            logits = self._network(x)
        return logits.float().reshape(count, each, -1).mean(1)


def _decoded(pictures: ImageFiles, views: Views, crop: int, place: int) -> list[Crops]:
    """A picture's views, those of one size together: uint8, V, H, W, 3 each."""
    match views:
        case "single":
            return [centre_view(pictures, place, crop).pixels[None].copy()]
        case "10-crop":
            return [ten_views(pictures, place, crop)]
        case "multi-scale":
            sides = [recipe.scaled(side, crop) for side in recipe.SEVERAL_SIDES]
            return [_both(whole_view(pictures, place, side)) for side in sides]


def _both(pixels: NDArray[np.uint8]) -> Crops:
    """The picture and its mirror image: uint8, 2, H, W, 3."""
    return np.stack([pixels, pixels[:, ::-1]])


# The side of the maps that VGG's first fully connected layer takes, and the stride of their pixels.
_VGG_SIDE, _VGG_STRIDE = 7, 32


def fully_convolutional(model: nn.Module, crop: int) -> nn.Module:
    """Return the network for pictures of any size from `crop` up: the mean of its logits at all
    places.

    Plain and residual networks and GoogLeNet pool their last maps over their whole extent and
    are linear from there, so their output is that mean already. VGG's fully connected layers
    become convolutions.

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
