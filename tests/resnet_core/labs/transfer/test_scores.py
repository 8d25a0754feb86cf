"""Mean IoU and box IoU against closed forms and a count pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_core.labs.transfer import scores


def test_mean_iou_is_what_counting_pixel_by_pixel_gives() -> None:
    random = np.random.default_rng(3)
    predicted, true = random.integers(0, 4, (2, 3, 5, 6)).astype(np.uint8)
    common, either = [0] * 5, [0] * 5
    for guess, truth in zip(predicted.ravel(), true.ravel(), strict=True):
        for label in range(5):
            common[label] += guess == label and truth == label
            either[label] += guess == label or truth == label
    expected = np.mean([common[label] / either[label] for label in range(4)])
    found = scores.of_masks(predicted, true, 5)  # nobody says 4: it does not count
    assert found.mean() == pytest.approx(expected)
    assert found.common.sum(axis=0).tolist() == common
    assert found.either.sum(axis=0).tolist() == either


def test_mean_iou_pools_the_pixels_of_the_scenes_chosen() -> None:
    true = np.array([[[0, 1]], [[1, 1]]], np.uint8)
    predicted = np.array([[[0, 1]], [[0, 1]]], np.uint8)
    found = scores.of_masks(predicted, true, 2)
    assert found.mean() == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found.mean(np.array([0, 0])) == 1
    assert found.mean(np.array([1])) == pytest.approx((0 / 1 + 1 / 2) / 2)
    assert len(found) == 2


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
    found = scores.of_boxes(np.array([box], float), np.array([[0, 0, 4, 4]], float))
    assert found.mean() == pytest.approx(iou)
    assert found.error[0] == pytest.approx(error)


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
    assert scores.of_boxes(one.astype(float), other.astype(float)).iou == pytest.approx(expected)


def test_the_interval_of_a_mean_is_about_two_standard_errors_wide() -> None:
    values = np.random.default_rng(0).normal(10, 2, 400)
    low, high = scores.interval(lambda chosen: float(values[chosen].mean()), 400, 0)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * 2 / 20, rel=0.15)
