"""Curves of what layers see."""

from __future__ import annotations

from app.figures.receptive_field import Sight, field_figure
from app.language.texts import speaker


def _sight(label: str, marked: int | None = None) -> Sight:
    return Sight(label, "resnet", 34, ("a", "b", "c"), (3, 7, 15), 32, marked)


def test_a_curve_a_network_and_a_ring_round_the_layer_that_looks() -> None:
    figure = field_figure([_sight("one"), _sight("two", 1)], speaker("en"), dark=False)
    first, second, ring = figure.data
    assert [first.name, second.name] == ["one", "two"]
    assert first.line.width > second.line.width  # both are seen where they are the same
    assert list(second.y) == [3, 7, 15]
    assert (ring.x[0], ring.y[0]) == (2, 7)


def test_the_images_own_size_is_dashed_once() -> None:
    figure = field_figure([_sight("one"), _sight("two")], speaker("en"), dark=True)
    assert [line.y0 for line in figure.layout.shapes] == [32]
    assert figure.layout.annotations[0].text == "the whole image, 32"
