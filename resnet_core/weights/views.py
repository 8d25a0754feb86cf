"""The errors of a file's network for ImageNet on a folder of images, by section 3.4's views."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import torch

from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.views import per_pixel_mean
from resnet_core.errors import InvalidSetting
from resnet_core.specs.names import Spec, is_imagenet
from resnet_core.training import device, multi_crop
from resnet_core.training.device import ComputedPrecision
from resnet_core.training.multi_crop import Errors, Views
from resnet_core.weights import loading
from resnet_core.weights.evaluation import Answers
from resnet_core.weights.images import WHOLE, Part
from resnet_core.weights.recognition import questions


def evaluate_views(
    path: Path,
    data: str,
    answers: Answers,
    views: Views,
    image_size: int | None = None,
    *,
    part: Part = WHOLE,
    precision: ComputedPrecision = "fp32",
) -> tuple[Errors, Spec]:
    """Test the network of a file on a folder's test images, decoded one after another.

    The per-pixel mean that training takes is subtracted.

    Args:
        image_size: the crops' height and width, pixels; by default 224.

    Raises:
        CheckpointError: the file cannot be used.
        DataError: an image or the folder cannot be used, or does not fit the network.
        InvalidSetting: an answer contradicts the file or is missing.
    """
    answers.check()
    _, tensors, recognition = loading.load(path)
    specs = answers.matching(recognition)
    _check(specs, answers)
    images = catalog.load_folder(
        Selection(data, image_size, part.train_images, part.test_images, part.validation)
    )
    if len(images.classes) > specs[0].classes:
        raise InvalidSetting(
            "data",
            "weights.classes",
            title=images.name,
            count=len(images.classes),
            classes=specs[0].classes,
        )
    execution = device.choose("auto", precision)
    model = execution.place(loading.network(specs[0], tensors))
    with closing(Decoders()) as decoders:
        mean = per_pixel_mean(images.train, images.image_size, decoders)
        on_device = torch.from_numpy(mean).to(execution.device)
        errors = multi_crop.errors(model, images.test, on_device, views, execution, decoders)
    return errors, specs[0]


def _check(specs: tuple[Spec, ...], answers: Answers) -> None:
    if not is_imagenet(specs[0].name):
        raise InvalidSetting("views", "weights.single_view", network=specs[0].name)
    if answers.normalization != "per-pixel":
        raise InvalidSetting("normalization", "weights.views_per_pixel")
    if len(specs) > 1:
        field, choices = next(iter(questions(specs).items()))
        raise InvalidSetting(
            "network" if field == "name" else field, "weights.open_choice", options=choices
        )
