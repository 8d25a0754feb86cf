"""Some pictures of a folder, held in memory as a network for ImageNet sees them in testing."""

from __future__ import annotations

from functools import partial

import numpy as np

from resnet_core.data.dataset import ImageSet, class_order
from resnet_core.data.pictures.decoders import Decoders
from resnet_core.data.pictures.picture_folder import Pictures
from resnet_core.data.pictures.picture_views import centre_view


def sample(pictures: Pictures, crop: int, most: int, decoders: Decoders) -> ImageSet:
    """Centre views, as many of each class while they last; smaller samples begin larger ones.

    Raises:
        DataError: a picture cannot be used; names it.
    """
    chosen = pictures.take(class_order(pictures.labels, equal=True)[:most])
    view = partial(_pixels, chosen, crop)
    return ImageSet(np.stack([*decoders.map(view, range(len(chosen)))]), chosen.labels)


def _pixels(pictures: Pictures, crop: int, place: int) -> np.ndarray:
    return centre_view(pictures, place, crop).pixels
