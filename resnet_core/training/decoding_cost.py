"""How fast this machine decodes a folder's pictures."""

from __future__ import annotations

import time
from functools import partial

from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.image_folder import ImageFolder
from resnet_core.data.imagenet.views import View, training_view

_MOST, _PATIENCE = 256, 1.0  # pictures, seconds


def seconds_per_picture(folder: ImageFolder, decoders: Decoders) -> float:
    """Of training views, by all threads together; pictures from all over the folder.

    Raises:
        DataError: a picture cannot be used; names it.
    """
    step = max(1, len(folder.train) // _MOST)
    places = range(0, len(folder.train), step)
    start = time.perf_counter()
    decoded = 0
    for _ in decoders.map(partial(_view, folder), places):
        decoded += 1
        if time.perf_counter() - start > _PATIENCE:
            break
    return (time.perf_counter() - start) / decoded


def _view(folder: ImageFolder, place: int) -> View:
    return training_view(folder.train, place, folder.image_size, (0, 0, place))
