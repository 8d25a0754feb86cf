"""The photographs that come with the package: 6,000 of CIFAR-10's images, as JPEG files.

Of each class 500 training and 100 test images, drawn by a seed from a copy of CIFAR-10 that was
encoded as JPEG (quality about 75), byte for byte as they are there. `python -m benchmarks.sample`
makes the file again.

CIFAR-10: Krizhevsky, 2009, "Learning Multiple Layers of Features from Tiny Images".
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from resnet_core.data.dataset import DataFacts, Dataset
from resnet_core.data.own import collection

NAME = "cifar10-sample"
TITLE = "CIFAR-10 sample (6,000 JPEG images)"
CITED = f"{TITLE}, Krizhevsky (2009)"  # as captions name it
PATH = Path(__file__).parents[2] / "assets" / "data" / "cifar10-sample.tar.xz"

# Known without opening the file, so that a page that only names the set does not read it.
FACTS = DataFacts(
    name=NAME,
    title=TITLE,
    train_images=5000,
    test_images=1000,
    image_size=32,
    channels=3,
    classes=10,
)


def load() -> Dataset:
    """Return the 5,000 training and 1,000 test images, 32x32 RGB, ten classes.

    Raises:
        DataError: the file is missing or damaged.
    """
    return replace(collection.load(PATH), name=TITLE)
