"""A data set small enough to train on in milliseconds, and runs on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from resnet_core.data.dataset import Dataset, ImageSet
from resnet_core.experiments.experiment import Experiment
from tests.picture_folders import photographs

__all__ = ["photographs"]

CLASSES = 4


def _images(count: int, seed: int) -> ImageSet:
    """Noise round one grey a class, 8x8: learnt in a few passes."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    grey = 40 + 50 * labels[:, None, None, None]
    noise = random.integers(-30, 30, (count, 8, 8, 3))
    return ImageSet((grey + noise).astype(np.uint8), labels.astype(np.int64))


@pytest.fixture(scope="session")
def tiny() -> Dataset:
    """40 training and 16 test images."""
    classes = tuple(f"grey {index}" for index in range(CLASSES))
    return Dataset("greys", classes, _images(40, seed=0), _images(16, seed=1))


@pytest.fixture
def make() -> Callable[..., Experiment]:
    """Makes an experiment of 14 updates on `tiny`, 2.5 of them a pass, with any field changed."""

    def experiment(**changes: Any) -> Experiment:
        fields: dict[str, Any] = {
            "network": "cifar/resnet-8",
            "width": 4,
            "iterations": 14,
            "batch_size": 16,
            "crop_padding": 1,
            "record_every": 3,
            "evaluate_every": 7,
            "audit_every": 5,
            "precision": "fp32",
            "device": "cpu",
            "seed": 3,
        }
        return Experiment.create(**{**fields, **changes})

    return experiment
