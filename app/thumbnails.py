"""A data set's test images as a grid of small pictures, the same that networks are shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.figures import attribution
from resnet_core.data import catalog
from resnet_core.data.dataset import class_order
from resnet_core.experiment import Experiment

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


def album(experiment: Experiment) -> Album:
    """The images that a run with these settings is tested on.

    Raises:
        DataError: the data are not on this machine.
    """
    e = experiment
    return _album(e.data, e.image_size, e.train_images, e.test_images, e.validation)


@lru_cache(maxsize=8)
def _album(
    name: str,
    image_size: int | None,
    train_images: int | None,
    test_images: int | None,
    validation: bool,
) -> Album:
    """Pictures of a few kB; the data set itself is let go."""
    data = catalog.load(name, image_size, train_images, test_images, validation)
    places = np.sort(class_order(data.test.labels, equal=True)[:MOST])
    return Album(
        data.classes,
        tuple(
            Thumbnail(
                int(place),
                data.classes[data.test.labels[place]],
                attribution.thumbnail_address(data.test.images[place]),
            )
            for place in places
        ),
    )
