"""What laboratories see of a folder of pictures: centre views of some, held in memory.

The networks for ImageNet are trained on pictures that stay on disk, more of them than memory
holds. A laboratory looks at images again and again, so it gets the single view of testing
(section 3.4) of as many pictures of each class as make some hundred.
"""

from __future__ import annotations

from contextlib import closing
from functools import lru_cache

import torch
from torch import Tensor

from resnet_core.data import catalog
from resnet_core.data.dataset import Dataset
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.views import centre_views, per_pixel_mean
from resnet_core.data.selection import Selection
from resnet_core.experiments.experiment import Experiment

MOST = 500  # pictures for training, and as many for testing; 150 MB together at 224 pixels


def dataset(experiment: Experiment) -> Dataset:
    """Of the pictures that a run with these settings is trained and tested on; the name says how
    many.

    Raises:
        InvalidSetting, DataError: they are not on this machine, or one cannot be used.
    """
    return _dataset(Selection.of(experiment))


def mean(experiment: Experiment) -> Tensor:
    """What training subtracts: float32, C, S, S.

    Raises:
        InvalidSetting, DataError: as `dataset`.
    """
    folder = catalog.load_folder(Selection.of(experiment))
    with closing(Decoders()) as decoders:
        return torch.from_numpy(per_pixel_mean(folder.train, folder.image_size, decoders))


@lru_cache(maxsize=2)
def _dataset(selection: Selection) -> Dataset:
    folder = catalog.load_folder(selection)
    with closing(Decoders()) as decoders:
        parts = (folder.train, folder.test)
        train, test = (centre_views(part, folder.image_size, MOST, decoders) for part in parts)
    name = f"{folder.name} (centre views of {len(train)} + {len(test)} pictures)"
    return Dataset(name, folder.classes, train, test)
