"""Architectures: bars add up to the networks, paper values, receptive fields."""

from __future__ import annotations

from collections import defaultdict

import pytest

from app.figures.architecture import Sight, block_figure, field_figure, three_digits, work_figure
from app.language.texts import speaker
from resnet_core.anatomy.describe import describe
from resnet_core.paper.imagenet import BILLION_MULTIPLY_ADDS
from resnet_core.specs.names import spec_of

NAMES = ("vgg-19", "googlenet", "plain-34", "resnet-152")


def _figure(quantity: str, names: tuple[str, ...], paper=BILLION_MULTIPLY_ADDS):
    folder = "" if "/" in names[0] else "imagenet/"
    named = [(name, describe(spec_of(f"{folder}{name}"))) for name in names]
    return named, work_figure(named, quantity, paper, speaker("en"), dark=False)


@pytest.mark.parametrize(("quantity", "unit"), [("multiply_adds", 1e9), ("parameters", 1e6)])
def test_a_bars_parts_add_up(quantity: str, unit: float) -> None:
    named, figure = _figure(quantity, NAMES)
    lengths: dict[str, float] = defaultdict(float)
    for trace in figure.data:
        if trace.type == "bar":
            lengths[trace.y[0]] += trace.x[0]
    for name, anatomy in named:
        assert lengths[name] == pytest.approx(getattr(anatomy, quantity) / unit, rel=1e-3)


def test_the_papers_values_are_dashed_over_their_own_bars() -> None:
    _, figure = _figure("multiply_adds", NAMES)
    lines = {NAMES[round((line.y0 + line.y1) / 2)]: line.x0 for line in figure.layout.shapes}
    assert lines == {"vgg-19": 19.6, "plain-34": 3.6, "resnet-152": 11.3}
    assert all(line.line.dash == "dot" for line in figure.layout.shapes)
    assert not _figure("parameters", NAMES)[1].layout.shapes


def test_small_networks_are_counted_in_smaller_units() -> None:
    _, figure = _figure("multiply_adds", ("cifar/resnet-20", "cifar/plain-56"))
    assert "10⁶" in figure.layout.xaxis.title.text
    assert [note.text for note in figure.layout.annotations] == ["<b>40.6</b>", "<b>125</b>"]


def test_larger_maps_are_stronger_in_colour() -> None:
    _, figure = _figure("multiply_adds", ("resnet-152",))
    alphas = [
        float(bar.marker.color.rstrip(")").split(",")[-1])
        for bar in figure.data
        if bar.type == "bar"
    ]
    assert alphas == sorted(alphas, reverse=True)


@pytest.mark.parametrize("dark", [False, True])
def test_a_parts_name_stands_out_on_its_bar(dark: bool) -> None:
    """Contrast of at least 3:1, what WCAG asks of large text, on the colours as blended."""
    named = [(name, describe(spec_of(f"imagenet/{name}"))) for name in NAMES]
    figure = work_figure(named, "multiply_adds", {}, speaker("en"), dark)
    ground = _parts("#10151c" if dark else "#ffffff")
    for bar in figure.data:
        *over, alpha = map(float, bar.marker.color[5:-1].split(","))
        pairs = zip(over, ground, strict=True)
        blended = _luminance([alpha * c / 255 + (1 - alpha) * g for c, g in pairs])
        ink = _luminance(_parts(bar.textfont.color))
        assert (max(ink, blended) + 0.05) / (min(ink, blended) + 0.05) > 3


def _parts(hexcode: str) -> list[float]:
    return [int(hexcode[start : start + 2], 16) / 255 for start in (1, 3, 5)]


def _luminance(parts: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_blocks_are_bars_in_the_order_given() -> None:
    figure = block_figure([("a, b", 2_000_000, "resnet"), ("c", 3_699_000_000, "x")], "", "", True)
    assert list(figure.data[0].x) == [2.0, 3699.0]
    assert list(figure.data[0].text) == ["<b>2</b>", "<b>3,699</b>"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.04056, "0.0406"), (11.28, "11.3"), (1284, "1,280"), (3.0, "3")]
)
def test_figures_have_three_digits_and_no_power_of_ten(value: float, text: str) -> None:
    assert three_digits(value) == text


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
