"""The photographs that come with the package."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.sample import drawn
from resnet_core.data import catalog, sample
from resnet_core.data.dataset import Selection
from resnet_core.data.own import collection


def test_the_file_has_the_facts_that_are_known_without_it(home: Path) -> None:
    read = collection.facts(sample.PATH)

    assert (read.train_images, read.test_images) == (5000, 1000)
    assert (read.image_size, read.channels, read.classes) == (32, 3, 10)
    assert catalog.facts(Selection("cifar10-sample")) == sample.FACTS
    assert sample.PATH.stat().st_size <= 2_500_000


def test_each_class_has_as_many_images(home: Path) -> None:
    data = catalog.load(Selection("cifar10-sample"))

    assert data.name == "CIFAR-10 sample (6,000 JPEG images)"
    assert np.bincount(data.train.labels).tolist() == [500] * 10
    assert np.bincount(data.test.labels).tolist() == [100] * 10
    assert data.classes[0] == "airplane"
    assert data.classes[9] == "truck"


def test_no_image_is_there_twice(home: Path) -> None:
    data = catalog.load(Selection("cifar10-sample"))

    images = np.concatenate([data.train.images, data.test.images])
    assert len({image.tobytes() for image in images}) == 6000


@pytest.mark.parametrize("name", ["cifar10-sample", "CIFAR10 Sample", "cifar10_sample"])
def test_the_name_is_known_however_it_is_written(home: Path, name: str) -> None:
    assert catalog.canonical(name) == "cifar10-sample"
    catalog.require(name)


def test_the_files_are_those_of_the_copy_that_the_networks_were_trained_on(
    cifar_jpeg: Path,
) -> None:
    with tarfile.open(sample.PATH) as archive:
        stored = {
            entry.name: file.read()
            for entry in archive
            if (file := archive.extractfile(entry)) is not None
        }

    assert stored == drawn(cifar_jpeg)
