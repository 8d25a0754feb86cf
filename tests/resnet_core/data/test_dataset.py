from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from resnet_core.data.dataset import Dataset, ImageSet, area_average, class_order
from resnet_core.errors import DataError, InvalidSetting


def image_set(labels: list[int] | np.ndarray, size: int = 4, seed: int = 0) -> ImageSet:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (len(labels), size, size, 3), np.uint8)
    return ImageSet(pixels, np.asarray(labels, np.int64))


def data_set(per_class: int = 40, classes: int = 5) -> Dataset:
    labels = np.repeat(np.arange(classes), per_class)
    names = tuple(f"class {i}" for i in range(classes))
    return Dataset("numbers", names, image_set(labels), image_set(labels[::4], seed=1))


def test_images_must_be_bytes_with_a_label_each() -> None:
    with pytest.raises(DataError, match="bytes"):
        ImageSet(np.zeros((2, 4, 4, 3), np.float32), np.zeros(2, np.int64))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="label"):
        ImageSet(np.zeros((2, 4, 4, 3), np.uint8), np.zeros(3, np.int64))


@pytest.mark.parametrize(("old", "new"), [(32, 16), (32, 8), (24, 12), (6, 2)])
def test_a_whole_reduction_averages_equal_boxes(old: int, new: int) -> None:
    images = image_set([0] * 3, old).images
    factor = old // new
    boxes = images.reshape(3, new, factor, new, factor, 3).astype(float).mean(axis=(2, 4))
    assert np.abs(area_average(images, new) - boxes).max() <= 0.5 + 1e-4


@pytest.mark.parametrize("new", [5, 7, 10, 31])
def test_any_reduction_agrees_with_pillow(new: int) -> None:
    image = image_set([0], 32).images
    theirs = np.asarray(Image.fromarray(image[0]).resize((new, new), Image.Resampling.BOX))
    # Pillow's box gives whole pixels to one side where ours shares them; the means agree.
    assert abs(area_average(image, new).mean() - theirs.mean()) < 3
    flat = np.full((1, 32, 32, 1), 77, np.uint8)
    assert (area_average(flat, new) == 77).all()


def test_enlarging_repeats_pixels_and_reducing_undoes_it() -> None:
    images = image_set([0, 1], 8).images
    large = area_average(images, 24)
    np.testing.assert_array_equal(large, images.repeat(3, axis=1).repeat(3, axis=2))
    np.testing.assert_array_equal(area_average(large, 8), images)


def test_resizing_keeps_labels_and_name_and_is_free_where_nothing_changes() -> None:
    data = data_set()
    small = data.resized(2)
    assert small.train.images.shape == (200, 2, 2, 3)
    assert small.test.images.shape == (50, 2, 2, 3)
    assert small.name == data.name
    np.testing.assert_array_equal(small.train.labels, data.train.labels)
    assert data.resized(4) is data


def test_the_fingerprint_tells_every_difference() -> None:
    data = data_set()
    assert data.fingerprint == data_set().fingerprint
    assert len(data.fingerprint) == 12
    pixels = data.train.images.copy()
    pixels[0, 0, 0, 0] ^= 1
    labels = data.train.labels.copy()
    labels[0] = 1
    others = [
        Dataset(data.name, data.classes, ImageSet(pixels, data.train.labels), data.test),
        Dataset(data.name, data.classes, ImageSet(data.train.images, labels), data.test),
        Dataset(data.name, data.classes[::-1], data.train, data.test),
        Dataset(data.name, data.classes, data.test, data.train),
    ]
    assert len({data.fingerprint, *(other.fingerprint for other in others)}) == 5


@settings(max_examples=40, deadline=None)
@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=60), count=st.integers(1, 60))
def test_a_beginning_of_the_order_holds_the_classes_evenly(labels: list[int], count: int) -> None:
    array = np.array(labels)
    order = class_order(array, equal=True)
    assert sorted(order) == list(range(len(labels)))
    taken = np.bincount(array[order[:count]], minlength=5)
    there = np.bincount(array, minlength=5)
    lasting = taken[taken < there]  # classes that have not run out
    if len(lasting):
        assert taken.max() - lasting.min() <= 1


def test_subsets_are_balanced_nested_and_always_the_same() -> None:
    data = data_set()
    small, large = data.subset(20, 10), data.subset(60)
    assert np.bincount(small.train.labels).tolist() == [4] * 5
    assert np.bincount(small.test.labels).tolist() == [2] * 5
    np.testing.assert_array_equal(large.train.images[:20], small.train.images)
    assert data.subset(20, 10).fingerprint == small.fingerprint
    assert len(large.test) == len(data.test)


@pytest.mark.parametrize("count", [0, 201])
def test_a_subset_larger_than_the_set_is_refused_with_the_most(count: int) -> None:
    with pytest.raises(InvalidSetting, match=r"train_images: .*200") as caught:
        data_set().subset(train_images=count)
    assert caught.value.field == "train_images"


def test_a_tenth_of_every_class_is_held_out_in_place_of_the_test_images() -> None:
    data = data_set()
    split = data.held_out()
    assert np.bincount(split.train.labels).tolist() == [36] * 5
    assert np.bincount(split.test.labels).tolist() == [4] * 5
    rows = {image.tobytes() for image in data.train.images}
    kept = {image.tobytes() for image in split.train.images}
    held = {image.tobytes() for image in split.test.images}
    assert kept | held == rows
    assert not kept & held


def test_a_rare_class_is_not_held_out_whole() -> None:
    labels = np.array([0] * 96 + [1] * 4)
    data = Dataset("uneven", ("many", "few"), image_set(labels), image_set([0, 1]))
    split = data.held_out()
    assert np.bincount(split.train.labels, minlength=2)[1] >= 3
    assert len(split.test) == 10
