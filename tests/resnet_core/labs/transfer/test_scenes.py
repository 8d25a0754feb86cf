"""The truth about scenes: every shape's pixels lie in its box and touch its edges."""

from __future__ import annotations

import numpy as np

from resnet_core.data.shapes.drawing import LUMA
from resnet_core.labs.transfer import scenes


def test_each_box_is_the_tightest_around_its_shape_s_pixels() -> None:
    found = scenes.draw(40, (1,))
    for labels, classes, boxes in zip(found.labels, found.classes, found.boxes, strict=True):
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
    found = scenes.draw(60, (2,))
    counts = (found.classes != scenes.NOWHERE).sum(axis=1)
    assert set(counts) <= {1, 2, 3}
    assert counts.mean() > 2
    for labels, classes in zip(found.labels, found.classes, strict=True):
        named = {0, *(label + 1 for label in classes if label != scenes.NOWHERE)}
        assert set(np.unique(labels)) == named


def test_the_first_class_can_be_asked_for_and_comes_once() -> None:
    found = scenes.draw(30, (3,), first=3)
    assert set(found.classes[:, 0]) == {3}
    assert not (found.classes[:, 1:] == 3).any()


def test_shapes_stand_out_from_what_is_around_them() -> None:
    """By at least the palette's contrast, 0.2 of full brightness, but for noise and edges."""
    found = scenes.draw(40, (4,))
    luma = found.images / 255 @ LUMA
    for image, labels, classes in zip(luma, found.labels, found.classes, strict=True):
        for label in classes[classes != scenes.NOWHERE]:
            shape, ground = image[labels == label + 1], image[labels == 0]
            assert abs(np.median(shape) - np.median(ground)) > 0.15


def test_the_same_seed_draws_the_same_scenes() -> None:
    one, same, other = scenes.draw(5, (0, 0)), scenes.draw(5, (0, 0)), scenes.draw(5, (0, 1))
    assert np.array_equal(one.images, same.images)
    assert np.array_equal(one.boxes, same.boxes)
    assert not np.array_equal(one.images, other.images)
