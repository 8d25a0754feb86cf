"""Which images of a data set are used."""

from __future__ import annotations

from typing import NamedTuple

from resnet_core.experiments.experiment import Experiment


class Chosen(NamedTuple):
    """What `catalog.load`, `facts`, `pictures` and `picture_facts` take, in their order; what is
    made of the same images can be kept by it."""

    name: str
    image_size: int | None = None
    train_images: int | None = None
    test_images: int | None = None
    validation: bool = False

    @classmethod
    def by(cls, experiment: Experiment) -> Chosen:
        """Those that a run with these settings is trained and tested on."""
        e = experiment
        return cls(e.data, e.image_size, e.train_images, e.test_images, e.validation)
