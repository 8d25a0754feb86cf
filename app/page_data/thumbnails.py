"""A data set's test images as a grid of small pictures, the same that networks are shown."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from app.figures import attribution
from resnet_core.data import catalog
from resnet_core.data.dataset import ImageSet, Index, class_order
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.views import centre_views
from resnet_core.data.selection import Selection
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import is_imagenet

MOST = 40


@dataclass(frozen=True)
class Thumbnail:
    """One test image.

    Attributes:
        place: among the test images, as an order names it.
        shows: its class.
        address: a PNG in a data address.
    """

    place: int
    shows: str
    address: str


@dataclass(frozen=True)
class Album:
    """Test images of one data set, as many of each class, and the names of all classes."""

    classes: tuple[str, ...]
    pictures: tuple[Thumbnail, ...]


def album(experiment: Experiment, imported: bool = False) -> Album:
    """The images that a run with these settings is tested on.

    Args:
        imported: its network was trained elsewhere, and is tested on images of one size.

    Raises:
        DataError: the data are not on this machine.
    """
    selection = Selection.of(experiment)
    if not imported and is_imagenet(experiment.network) and Path(selection.name).is_dir():
        return _album_of_pictures(selection)
    return _album(selection)


@lru_cache(maxsize=8)
def _album(selection: Selection) -> Album:
    """Pictures of a few kB; the data set itself is let go."""
    data = catalog.load(selection)
    places = np.sort(class_order(data.test.labels, equal=True)[:MOST])
    return _made(data.classes, data.test, places)


@lru_cache(maxsize=8)
def _album_of_pictures(selection: Selection) -> Album:
    """The first of those that laboratories see; see `resnet_core.labs.tools.centre_views`."""
    data = catalog.load_folder(selection)
    with closing(Decoders()) as decoders:
        images = centre_views(data.test, data.image_size, MOST, decoders)
    return _made(data.classes, images, np.arange(len(images)))


def _made(classes: tuple[str, ...], images: ImageSet, places: Index) -> Album:
    pictures = (
        Thumbnail(
            int(place),
            classes[images.labels[place]],
            attribution.thumbnail_address(images.images[place]),
        )
        for place in places
    )
    return Album(classes, tuple(pictures))
