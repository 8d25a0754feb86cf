"""What laboratories see of a folder of pictures: centre views of some, held in memory.

The networks for ImageNet are trained on pictures that stay on disk, more of them than memory
holds. A laboratory looks at images again and again, so it gets the single view of testing
(section 3.4) of as many pictures of each class as make some hundred.
"""

from __future__ import annotations

from contextlib import closing
from functools import lru_cache, partial

import numpy as np
import torch
from torch import Tensor

from resnet_core.data import catalog
from resnet_core.data.dataset import Dataset, ImageSet, class_order
from resnet_core.data.decoders import Decoders
from resnet_core.data.picture_folder import PictureFolder, Pictures
from resnet_core.data.picture_mean import per_pixel_mean
from resnet_core.data.picture_views import centre_view
from resnet_core.experiment import Experiment

MOST = 500  # pictures for training, and as many for testing; 150 MB together at 224 pixels


def dataset(experiment: Experiment) -> Dataset:
    """Of the pictures that a run with these settings is trained and tested on; the name says how
    many. Training pictures first are those whose error the run has measured.

    Raises:
        InvalidSetting, DataError: they are not on this machine, or one cannot be used.
    """
    return _dataset(_folder_arguments(experiment))


def mean(experiment: Experiment) -> Tensor:
    """What training subtracts: float32, C, S, S.

    Raises:
        InvalidSetting, DataError: as `dataset`.
    """
    folder = catalog.pictures(*_folder_arguments(experiment))
    with closing(Decoders()) as decoders:
        return torch.from_numpy(per_pixel_mean(folder.train, folder.image_size, decoders))


Arguments = tuple[str, int | None, int | None, int | None, bool]


def _folder_arguments(experiment: Experiment) -> Arguments:
    e = experiment
    return e.data, e.image_size, e.train_images, e.test_images, e.validation


@lru_cache(maxsize=2)
def _dataset(arguments: Arguments) -> Dataset:
    folder = catalog.pictures(*arguments)
    with closing(Decoders()) as decoders:
        train, test = (_in_memory(part, folder, decoders) for part in (folder.train, folder.test))
    name = f"{folder.name} (centre views of {len(train)} + {len(test)} pictures)"
    return Dataset(name, folder.classes, train, test)


def _in_memory(pictures: Pictures, folder: PictureFolder, decoders: Decoders) -> ImageSet:
    chosen = pictures.take(class_order(pictures.labels, equal=True)[:MOST])
    view = partial(_pixels, chosen, folder.image_size)
    return ImageSet(np.stack([*decoders.map(view, range(len(chosen)))]), chosen.labels)


def _pixels(pictures: Pictures, crop: int, place: int) -> np.ndarray:
    return centre_view(pictures, place, crop).pixels
