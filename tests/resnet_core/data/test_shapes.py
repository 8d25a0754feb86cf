""""""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from resnet_core.data import shapes
from resnet_core.data.dataset import Dataset
from resnet_core.data.shapes import CONTRAST, LUMA, OUTLINES
from resnet_core.errors import InvalidSetting


@pytest.fixture(scope="module")
def drawn() -> Dataset:
    return shapes.render(1280, 320, seed=0)


def test_sizes_types_and_classes(drawn: Dataset) -> None:
    assert drawn.name == "shapes (embedded)"
    assert drawn.classes == (
        *("disc", "square", "triangle", "star", "ring"),
        *("cross", "bar", "crescent", "trefoil", "frame"),
    )
    assert drawn.train.images.shape == (1280, 32, 32, 3)
    assert drawn.test.images.shape == (320, 32, 32, 3)
    assert drawn.train.masks.shape == (1280, 32, 32)
    assert shapes.boxes_around(drawn.train.masks).shape == (1280, 4)
    assert drawn.train.masks.dtype == np.bool_


def test_classes_are_balanced(drawn: Dataset) -> None:
    assert set(np.bincount(drawn.train.labels)) == {128}
    assert set(np.bincount(drawn.test.labels)) == {32}


def test_the_seed_decides_and_train_and_test_differ(drawn: Dataset) -> None:
    assert shapes.render(1280, 320, seed=0).fingerprint == drawn.fingerprint
    assert shapes.render(1280, 320, seed=1).fingerprint != drawn.fingerprint
    train = {image.tobytes() for image in drawn.train.images}
    test = {image.tobytes() for image in drawn.test.images}
    assert len(train) == 1280
    assert not train & test


def test_a_larger_set_begins_with_the_smaller(drawn: Dataset) -> None:
    small = shapes.render(70, 30, seed=0)
    np.testing.assert_array_equal(small.train.images, drawn.train.images[:70])
    np.testing.assert_array_equal(small.test.masks, drawn.test.masks[:30])


def test_every_shape_stands_out_from_its_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least difference in luma between any pixel of a shape and any of its background."""
    monkeypatch.setattr(shapes, "_NOISE", 0.0)
    data = shapes.render(2560, 1)
    luma = data.train.images.astype(np.float32) @ LUMA / 255
    outside = ~_grown(_grown(data.train.masks))  # clear of half-covered pixels
    inside = _shrunk(_shrunk(data.train.masks))
    seen = 0
    for image, mask, shape, ground in zip(luma, data.train.masks, inside, outside, strict=True):
        sign = 1 if image[mask].mean() > image[ground].mean() else -1
        assert sign * (np.median(image[mask]) - np.median(image[ground])) > CONTRAST
        if shape.any():  # thin ones have no pixel well away from their edge
            seen += 1
            gap = np.min(sign * image[shape]) - np.max(sign * image[ground])
            assert gap > CONTRAST - 2 / 255  # both are rounded to bytes
    assert seen > 1000


def test_the_noise_is_little_and_even(drawn: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_NOISE", 0.0)
    clean = shapes.render(1280, 320, seed=0).train.images.astype(int)
    middle = (clean > 30) & (clean < 225)  # where nothing is clipped
    noise = (drawn.train.images.astype(int) - clean)[middle]
    assert noise.std() / 255 == pytest.approx(0.02, rel=0.05)
    assert abs(noise.mean()) < 0.05


def test_masks_lie_inside_the_image_and_boxes_fit_them(drawn: Dataset) -> None:
    masks, boxes = drawn.train.masks, shapes.boxes_around(drawn.train.masks)
    assert not masks[:, [0, -1], :].any()
    assert not masks[:, :, [0, -1]].any()
    for mask, (x0, y0, x1, y1) in zip(masks, boxes, strict=True):
        assert mask[y0:y1, x0:x1].sum() == mask.sum() > 0
        assert mask[y0].any()
        assert mask[y1 - 1].any()
        assert mask[:, x0].any()
        assert mask[:, x1 - 1].any()


def test_masks_have_their_shape() -> None:
    """Area over the area of the box, largest poses only, against plane geometry."""
    data = shapes.render(2560, 1, seed=3)
    x0, y0, x1, y1 = shapes.boxes_around(data.train.masks).T
    area = data.train.masks.sum(axis=(1, 2))
    large = np.maximum(x1 - x0, y1 - y0) >= 18
    fill = {
        name: np.median((area / ((x1 - x0) * (y1 - y0)))[large & (data.train.labels == index)])
        for index, name in enumerate(data.classes)
    }
    assert fill["disc"] == pytest.approx(np.pi / 4, abs=0.03)
    # pi (0.94^2 - 0.54^2) over (2 x 0.94)^2
    assert fill["ring"] == pytest.approx(np.pi * (0.94**2 - 0.54**2) / 1.88**2, abs=0.03)
    # At an angle t a square fills 1 / (sin t + cos t)^2 of its box, a frame 1 - (0.38/0.7)^2
    # of that.
    assert 0.5 <= fill["square"] <= 1
    assert fill["frame"] / fill["square"] == pytest.approx(1 - (0.38 / 0.7) ** 2, abs=0.08)


@pytest.mark.parametrize("name", OUTLINES)
def test_an_outline_is_a_distance_near_itself_and_within_the_circle(name: str) -> None:
    grid = np.linspace(-1.2, 1.2, 601)
    x, y = np.meshgrid(grid, grid)
    distance = OUTLINES[name](x, y)
    assert (distance[np.hypot(x, y) > 1.02] > 0).all()
    slope = np.hypot(*np.gradient(distance, grid, grid))
    near = np.abs(distance) < 0.02
    # A distance has slope 1; corners, where two edges meet, are the few exceptions.
    assert np.mean(np.abs(slope[near] - 1) < 0.02) > 0.85


def test_masks_follow_resizing_subsets_and_the_split(drawn: Dataset) -> None:
    small = drawn.resized(16)
    assert small.train.masks.shape == (1280, 16, 16)
    quarters = drawn.train.masks.reshape(1280, 16, 2, 16, 2).sum(axis=(2, 4))
    np.testing.assert_array_equal(small.train.masks, quarters >= 2)
    assert (shapes.boxes_around(small.test.masks)[:, 2:] <= 16).all()
    few = drawn.subset(40, 20)
    place = [_position(drawn.train.images, image) for image in few.train.images]
    np.testing.assert_array_equal(few.train.masks, drawn.train.masks[place])
    split = drawn.held_out()
    place = [_position(drawn.train.images, image) for image in split.test.images]
    np.testing.assert_array_equal(split.test.masks, drawn.train.masks[place])


@pytest.mark.parametrize(("train", "test", "field"), [(0, 10, "train"), (10, 10**9, "test")])
def test_a_number_that_cannot_be_drawn_is_refused(train: int, test: int, field: str) -> None:
    with pytest.raises(InvalidSetting, match="200000") as caught:
        shapes.render(train, test)
    assert caught.value.field == f"{field}_images"


def test_loading_keeps_a_copy_and_makes_it_anew_when_damaged(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shapes.load(100, 50)
    (stored,) = (home / "cache").glob("shapes-*.npz")
    with monkeypatch.context() as patch:
        patch.setattr(shapes, "render", _not_to_be_called)
        again = shapes.load(100, 50)
    assert again.fingerprint == first.fingerprint
    np.testing.assert_array_equal(again.train.masks, first.train.masks)
    stored.write_bytes(stored.read_bytes()[:5000])
    assert shapes.load(100, 50).fingerprint == first.fingerprint
    assert shapes.load(120, 50).train.images.shape[0] == 120


def test_the_default_set_is_drawn_within_three_seconds_of_one_core() -> None:
    before = time.process_time()
    shapes.render()
    assert time.process_time() - before < 3


def test_drawing_needs_no_torch() -> None:
    code = "import sys, resnet_core.data.shapes; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _not_to_be_called(*_: object) -> None:
    raise AssertionError("the stored copy was not used")


def _position(images: np.ndarray, image: np.ndarray) -> int:
    (found,) = np.flatnonzero((images == image).all(axis=(1, 2, 3)))
    return int(found)


def _grown(masks: np.ndarray) -> np.ndarray:
    """Masks and their eight neighbours."""
    padded = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    size = masks.shape[1]
    shifts = [(i, j) for i in range(3) for j in range(3)]
    return np.any([padded[:, i : i + size, j : j + size] for i, j in shifts], axis=0)


def _shrunk(masks: np.ndarray) -> np.ndarray:
    return ~_grown(~masks)
