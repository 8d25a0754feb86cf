"""A data set as an experiment names it: which of its images are used, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import is_imagenet


class Selection(NamedTuple):
    """The images of a data set that are used. It is hashable, so that results can be cached by it.

    Attributes:
        name: as in `Experiment.data`: a known name or a path.
        image_size: height and width to resize to, pixels; None: the data set's own.
        train_images, test_images: as many of each class, while they last; None: all.
        validation: a tenth of the training images takes the place of the test images (the
            paper's 45k/5k split, section 4.2).
        on_disk: the images are left in their files, as networks for ImageNet need it.
    """

    name: str
    image_size: int | None = None
    train_images: int | None = None
    test_images: int | None = None
    validation: bool = False
    on_disk: bool = False

    @classmethod
    def of(cls, experiment: Experiment) -> Selection:
        """Return the images that a run with these settings is trained and tested on."""
        e = experiment
        on_disk = is_imagenet(e.network)
        return cls(e.data, e.image_size, e.train_images, e.test_images, e.validation, on_disk)


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
            `train_images` and `test_images` only where images are drawn on demand. By default
            the same.
    """

    name: str
    title: str
    train_images: int
    test_images: int
    image_size: int
    channels: int
    classes: int
    most_train_images: int = 0
    most_test_images: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "most_train_images", self.most_train_images or self.train_images)
        object.__setattr__(self, "most_test_images", self.most_test_images or self.test_images)
