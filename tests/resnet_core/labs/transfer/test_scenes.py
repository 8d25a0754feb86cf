"""Scenes from a seed, and IoU against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_core.data.shapes import LUMA
from resnet_core.labs.transfer import scenes


def test_each_box_is_the_tightest_around_its_shape_s_pixels() -> None:
    drawn = scenes.draw(40, (1,))
    for labels, classes, boxes in zip(drawn.labels, drawn.classes, drawn.boxes, strict=True):
        for label, box in zip(classes, boxes, strict=True):
            if label == scenes.NOWHERE:
                assert box.tolist() == [0, 0, 0, 0]
                continue
            rows, columns = np.nonzero(labels == label + 1)  # no class comes twice in a scene
            edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert box.tolist() == edges
            assert box.min() >= 0
            assert box.max() <= scenes.SIZE


def test_a_scene_has_the_classes_it_says_and_no_others() -> None:
    drawn = scenes.draw(60, (2,))
    counts = (drawn.classes != scenes.NOWHERE).sum(axis=1)
    assert set(counts) <= {1, 2, 3}
    assert counts.mean() > 2
    for labels, classes in zip(drawn.labels, drawn.classes, strict=True):
        named = {0, *(label + 1 for label in classes if label != scenes.NOWHERE)}
        assert set(np.unique(labels)) == named


def test_the_first_class_can_be_asked_for_and_comes_once() -> None:
    drawn = scenes.draw(30, (3,), first=3)
    assert set(drawn.classes[:, 0]) == {3}
    assert not (drawn.classes[:, 1:] == 3).any()


def test_shapes_stand_out_from_what_is_around_them() -> None:
    """By at least the palette's contrast, 0.2 of full brightness, but for noise and edges."""
    drawn = scenes.draw(40, (4,))
    luma = drawn.images / 255 @ LUMA
    for image, labels, classes in zip(luma, drawn.labels, drawn.classes, strict=True):
        for label in classes[classes != scenes.NOWHERE]:
            shape, ground = image[labels == label + 1], image[labels == 0]
            assert abs(np.median(shape) - np.median(ground)) > 0.15


def test_the_same_seed_draws_the_same_scenes() -> None:
    one, same, other = scenes.draw(5, (0, 0)), scenes.draw(5, (0, 0)), scenes.draw(5, (0, 1))
    assert np.array_equal(one.images, same.images)
    assert np.array_equal(one.boxes, same.boxes)
    assert not np.array_equal(one.images, other.images)


def test_mean_iou_is_what_counting_pixel_by_pixel_gives() -> None:
    random = np.random.default_rng(3)
    predicted, true = random.integers(0, 4, (2, 3, 5, 6)).astype(np.uint8)
    common, either = [0] * 5, [0] * 5
    for guess, truth in zip(predicted.ravel(), true.ravel(), strict=True):
        for label in range(5):
            common[label] += guess == label and truth == label
            either[label] += guess == label or truth == label
    expected = np.mean([common[label] / either[label] for label in range(4)])
    score = scenes.score_masks(predicted, true, 5)  # nobody says 4: it does not count
    assert score.mean() == pytest.approx(expected)
    assert score.common.sum(axis=0).tolist() == common
    assert score.either.sum(axis=0).tolist() == either


def test_mean_iou_pools_the_pixels_of_the_scenes_chosen() -> None:
    true = np.array([[[0, 1]], [[1, 1]]], np.uint8)
    predicted = np.array([[[0, 1]], [[0, 1]]], np.uint8)
    score = scenes.score_masks(predicted, true, 2)
    assert score.mean() == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert score.mean(np.array([0, 0])) == 1
    assert score.mean(np.array([1])) == pytest.approx((0 / 1 + 1 / 2) / 2)
    assert len(score) == 2


@pytest.mark.parametrize(
    ("box", "iou", "error"),
    [
        ((0, 0, 4, 4), 1.0, 0.0),
        ((1, 0, 5, 4), 3 / 5, 0.5),
        ((2, 2, 6, 6), 4 / 28, 2.0),
        ((1, 1, 3, 3), 4 / 16, 1.0),
        ((4, 0, 8, 4), 0.0, 2.0),
        ((3, 3, 1, 1), 0.0, 3.0),  # turned inside out
    ],
)
def test_box_iou_is_the_closed_form(box: tuple[int, ...], iou: float, error: float) -> None:
    score = scenes.score_boxes(np.array([box], float), np.array([[0, 0, 4, 4]], float))
    assert score.mean() == pytest.approx(iou)
    assert score.error[0] == pytest.approx(error)


def test_box_iou_of_whole_pixels_is_a_count_of_pixels() -> None:
    random = np.random.default_rng(5)
    corners = np.sort(random.integers(0, 12, (2, 40, 2, 2)), axis=2)
    corners[:, :, 1] += 1  # no box is empty
    one, other = corners.reshape(2, 40, 4)  # x0, y0, x1, y1
    y, x = np.mgrid[:14, :14]

    def covered(box: np.ndarray) -> np.ndarray:
        return (box[0] <= x) & (x < box[2]) & (box[1] <= y) & (y < box[3])

    masks = [(covered(a), covered(b)) for a, b in zip(one, other, strict=True)]
    expected = [(a & b).sum() / (a | b).sum() for a, b in masks]
    assert scenes.score_boxes(one.astype(float), other.astype(float)).iou == pytest.approx(expected)


def test_the_interval_of_a_mean_is_about_two_standard_errors_wide() -> None:
    values = np.random.default_rng(0).normal(10, 2, 400)
    low, high = scenes.interval(lambda chosen: float(values[chosen].mean()), 400, 0)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * 2 / 20, rel=0.15)
