"""What can be said of a data set without its pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DataFacts:
    """A data set's sizes.

    Attributes:
        name: as in `Experiment.data`: a known name or a path.
        title: as shown to people.
        image_size: height and width, pixels.
        channels: 3 (RGB) or 1 (grey).
        classes: how many there are.
        most_train_images, most_test_images: how many there could be; more than
            `train_images` and `test_images` only where images are drawn on demand.
    """

    name: str
    title: str
    train_images: int
    test_images: int
    image_size: int
    channels: int
    classes: int
    most_train_images: int
    most_test_images: int
