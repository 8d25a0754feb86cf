"""The three ways of testing against loops that open, resize and crop the pictures themselves."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision import transforms

from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet import image_folder
from resnet_core.data.imagenet.image_folder import ImageFiles
from resnet_core.errors import InvalidSetting
from resnet_core.training import device
from resnet_core.training.multi_crop import (
    DenseVgg,
    MultiCropTest,
    Views,
    errors,
    fully_convolutional,
)

CROP, CLASSES = 56, 7


class Small(nn.Module):
    """Fully convolutional by nature: a convolution, pooling over the whole extent, a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 5, 4)
        self.fc = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.relu(self.conv(x)).mean(dim=(2, 3)))


@pytest.fixture
def tested(home: Path, photographs: Path) -> ImageFiles:
    return image_folder.load(photographs).test


def _expected(network: nn.Module, path: Path, views: Views, mean: Tensor) -> Tensor:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    colour = mean.mean(dim=(1, 2), keepdim=True)
    scores = []
    if views == "multi-scale":
        for side in (56, 64, 96, 120, 160):  # a quarter of 224, 256, 384, 480, 640
            whole = torch.from_numpy(np.asarray(transforms.Resize(side)(picture)).copy())
            x = (whole.permute(2, 0, 1)[None] - colour) / 255
            scores += [network(x)[0], network(x.flip(3))[0]]
    else:
        small = transforms.Resize(64)(picture)
        crop = transforms.CenterCrop if views == "single" else transforms.TenCrop
        crops = crop(CROP)(small)
        for one in [crops] if views == "single" else crops:
            pixels = torch.from_numpy(np.asarray(one).copy()).permute(2, 0, 1)
            scores.append(network((pixels[None] - mean) / 255)[0])
    return torch.stack(scores).mean(0)


@pytest.mark.parametrize("views", get_args(Views))
@torch.inference_mode()
def test_logits_are_those_of_a_plain_loop(tested: ImageFiles, views: Views) -> None:
    torch.manual_seed(0)
    network, mean = Small(), 100 + 10 * torch.rand(3, CROP, CROP)
    execution = device.choose("cpu", "fp32")
    test = MultiCropTest(network, mean, views, execution)
    found = torch.stack(list(test.logits(tested, Decoders(0))))
    expected = torch.stack([_expected(network, tested.path(n), views, mean) for n in range(12)])
    # A crop may lie half a pixel from torchvision's, and a byte be rounded otherwise.
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0)
    assert (expected.std(0) > 0.02).any()
    many = Decoders(3)
    assert torch.equal(torch.stack(list(test.logits(tested, many))), found)
    told = errors(network, tested, mean, views, execution, many)
    many.close()
    labels = torch.from_numpy(tested.labels)
    ranks = (found > found.gather(1, labels[:, None])).sum(1)
    assert told.n == 12
    assert told.top1 == pytest.approx(100 * (ranks > 0).double().mean().item())
    assert told.top5 == pytest.approx(100 * (ranks > 4).double().mean().item())


class Left(nn.Module):
    """Sees nothing but how bright a picture is on its left and on its right."""

    def forward(self, x: Tensor) -> Tensor:
        left, right = x.tensor_split(2, dim=3)
        return torch.stack([left.mean(dim=(1, 2, 3)), right.mean(dim=(1, 2, 3))], dim=1)


def test_of_whole_pictures_left_and_right_count_the_same(tested: ImageFiles) -> None:
    execution, mean = device.choose("cpu", "fp32"), torch.full((3, CROP, CROP), 100.0)
    seen = {
        views: torch.stack(
            [*MultiCropTest(Left(), mean, views, execution).logits(tested, Decoders(0))]
        )
        for views in get_args(Views)
    }
    for views in ("10-crop", "multi-scale"):
        torch.testing.assert_close(seen[views][:, 0], seen[views][:, 1], atol=0.003, rtol=0)
    assert (seen["single"][:, 0] - seen["single"][:, 1]).abs().max() > 0.01


def test_five_classes_have_no_top_five(tested: ImageFiles) -> None:
    network = Small()
    network.fc = nn.Linear(8, 5)
    execution = device.choose("cpu", "fp32")
    mean = torch.zeros(3, CROP, CROP)
    assert errors(network, tested, mean, "single", execution, Decoders(0)).top5 is None


class Vgg(nn.Module):
    """VGG's parts, small: maps of 1 / 32, three fully connected layers on 7 x 7 of them."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, 4, 32, 32)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        layers = [nn.Linear(4 * 49, 6), nn.Linear(6, 5), nn.Linear(5, 3)]
        parts = [layers[0], nn.ReLU(), nn.Dropout(), layers[1], nn.ReLU(), nn.Dropout(), layers[2]]
        self.classifier = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


@torch.inference_mode()
def test_a_dense_vgg_is_the_mean_over_crops_a_map_pixel_apart() -> None:
    torch.manual_seed(0)
    vgg = Vgg().eval()
    x = torch.randn(2, 3, 256, 320)  # maps of 8 x 10: 2 x 4 places of 7 x 7
    crops = [vgg(x[:, :, i : i + 224, j : j + 224]) for i in (0, 32) for j in (0, 32, 64, 96)]
    dense = fully_convolutional(vgg, 224)
    assert isinstance(dense, DenseVgg)
    torch.testing.assert_close(dense(x), torch.stack(crops).mean(0))
    torch.testing.assert_close(dense(x[..., :224, :224]), vgg(x[..., :224, :224]))


def test_a_vgg_of_other_crops_cannot_look_at_whole_pictures() -> None:
    with pytest.raises(InvalidSetting, match="only one of 224; use single or 10-crop"):
        fully_convolutional(Vgg(), 64)
    network = Small()
    assert fully_convolutional(network, 64) is network
