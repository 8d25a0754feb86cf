"""The per-pixel mean of a folder's training pictures, which is subtracted from every view.

Reading a million pictures for it would take as long as a pass of training, so it is the mean
of a sample: the centre views of 4,096 pictures, the same for every run on the folder. A pixel
varies by about 0.28 of full range from picture to picture, and its mean over the sample by
0.28 / sqrt(4096) = 0.004. It is kept in the cache folder and goes into every checkpoint.
"""

from __future__ import annotations

import hashlib
import logging
from functools import partial

import numpy as np
from numpy.typing import NDArray

from resnet_core.data import cache
from resnet_core.data.pictures.decoders import Decoders
from resnet_core.data.pictures.picture_folder import Pictures
from resnet_core.data.pictures.picture_views import View, centre_view
from resnet_core.system import home

SAMPLE = 4096  # pictures
SEED = 0
_VERSION = 1
_log = logging.getLogger(__name__)

Mean = NDArray[np.float32]


def per_pixel_mean(pictures: Pictures, crop: int, decoders: Decoders) -> Mean:
    """Of bytes, 0 to 255: float32, 3, S, S.

    Raises:
        DataError: a picture of the sample cannot be used; names it.
    """
    stored = home.cache_folder() / f"mean-{_contents(pictures, crop)}.npz"
    kept = cache.read(stored)
    if kept is None:
        kept = {"mean": _computed(pictures, crop, decoders)}
        cache.write(stored, kept)
    return kept["mean"]


def sample(count: int) -> NDArray[np.int64]:
    """Positions of the sample among so many pictures, rising."""
    chosen = np.random.default_rng(SEED).permutation(count)[:SAMPLE]
    return np.sort(chosen).astype(np.int64)


def _computed(pictures: Pictures, crop: int, decoders: Decoders) -> Mean:
    """Whole numbers are added up, so the order in which they come changes nothing."""
    places = sample(len(pictures))
    _log.info("Reading %d training pictures for their mean.", len(places))
    total = np.zeros((crop, crop, 3), np.int64)
    view = partial(_centre, pictures, crop)
    for one in decoders.map(view, places.tolist()):
        total += one.pixels
    mean = (total / len(places)).transpose(2, 0, 1)
    return np.ascontiguousarray(mean, np.float32)


def _centre(pictures: Pictures, crop: int, place: int) -> View:
    return centre_view(pictures, place, crop)


def _contents(pictures: Pictures, crop: int) -> str:
    digest = hashlib.sha256(f"{_VERSION} {SAMPLE} {SEED} {crop} {pictures.root}".encode())
    digest.update(b"\0".join(pictures.names.tolist()))
    return digest.hexdigest()[:16]
