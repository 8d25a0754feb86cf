"""The errors of a file's network for ImageNet on a folder of pictures, as section 3.4 has it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import torch

from resnet_core.data import catalog
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.views import per_pixel_mean
from resnet_core.data.selection import Selection
from resnet_core.errors import InvalidSetting
from resnet_core.specs.names import Spec, is_imagenet
from resnet_core.training import device
from resnet_core.training.device import Computed
from resnet_core.training.evaluation import multi_crop
from resnet_core.training.evaluation.multi_crop import Errors, Views
from resnet_core.weights import loading
from resnet_core.weights.evaluation import Asked
from resnet_core.weights.images import WHOLE, Part
from resnet_core.weights.recognition import questions


def evaluate_views(
    path: Path,
    data: str,
    asked: Asked,
    views: Views,
    image_size: int | None = None,
    *,
    part: Part = WHOLE,
    precision: Computed = "fp32",
) -> tuple[Errors, Spec]:
    """Test the network of a file on a folder's test pictures, decoded one after another.

    The training pictures' per-pixel mean is subtracted, that of the sample that training takes.

    Args:
        image_size: the crops' height and width, pixels; by default 224.

    Raises:
        CheckpointError: the file cannot be used.
        DataError: a picture or the folder cannot be used, or does not fit the network.
        InvalidSetting: what was asked contradicts the file, or something has yet to be asked.
    """
    asked.check()
    _, tensors, recognition = loading.load(path)
    specs = asked.settle(recognition)
    _check(specs, asked)
    pictures = catalog.load_folder(
        Selection(data, image_size, part.train_images, part.test_images, part.validation)
    )
    if len(pictures.classes) > specs[0].classes:
        raise InvalidSetting(
            "data",
            "weights.classes",
            title=pictures.name,
            count=len(pictures.classes),
            classes=specs[0].classes,
        )
    execution = device.choose("auto", precision)
    model = execution.place(loading.network(specs[0], tensors))
    with closing(Decoders()) as decoders:
        mean = per_pixel_mean(pictures.train, pictures.image_size, decoders)
        on_device = torch.from_numpy(mean).to(execution.device)
        found = multi_crop.errors(model, pictures.test, on_device, views, execution, decoders)
    return found, specs[0]


def _check(specs: tuple[Spec, ...], asked: Asked) -> None:
    if not is_imagenet(specs[0].name):
        raise InvalidSetting("views", "weights.single_view", network=specs[0].name)
    if asked.normalization != "per-pixel":
        raise InvalidSetting("normalization", "weights.views_per_pixel")
    if len(specs) > 1:
        field, answers = next(iter(questions(specs).items()))
        raise InvalidSetting(
            "network" if field == "name" else field, "weights.open_choice", options=answers
        )
