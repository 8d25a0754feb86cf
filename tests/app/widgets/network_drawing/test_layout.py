"""The drawing is to scale, and nothing in it overlaps."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.widgets.network_drawing.layout import SHOWN, Plan, lying, standing
from resnet_core.anatomy import describe
from resnet_core.network_spec import FAMILIES, NetworkSpec


@st.composite
def specs(draw: st.DrawFn) -> NetworkSpec:
    bottleneck = draw(st.booleans())
    layers = 3 if bottleneck else draw(st.integers(1, 3))
    return NetworkSpec(
        family=draw(st.sampled_from(FAMILIES)),
        depth=3 * layers * draw(st.integers(1, 12)) + 2,
        shortcut=draw(st.sampled_from(["A", "B", "C"])),
        block="bottleneck" if bottleneck else "basic",
        layers_per_block=layers,
        width=draw(st.sampled_from([4, 8, 16, 64])),
        image_size=draw(st.sampled_from([8, 16, 28, 32])),
    )


def drawings(spec: NetworkSpec) -> list[Plan]:
    return [lying(describe(spec), 112, 1120), standing(describe(spec), 112)]


@given(specs())
@settings(max_examples=60, deadline=None)
def test_boxes_and_shortcuts_follow_each_other_within_their_bands(spec: NetworkSpec) -> None:
    for plan in drawings(spec):
        assert plan.bands[0].start == 0
        for band, following in pairwise(plan.bands):
            assert band.start + band.length == pytest.approx(following.start)
        for band in plan.bands:
            boxes = [*band.boxes, *(box for mark in band.blocks for box in mark.boxes)]
            for box, following in pairwise(boxes):
                assert box.end < following.start
            for mark in band.blocks:
                assert band.start < mark.leave < mark.boxes[0].start
                assert mark.boxes[-1].end < mark.join < band.start + band.length
            for mark, following in pairwise(band.blocks):
                assert mark.join < following.leave


@given(specs())
@settings(max_examples=60, deadline=None)
def test_every_block_is_drawn_or_counted_in_a_fold(spec: NetworkSpec) -> None:
    for plan in drawings(spec):
        for band in plan.bands[1:-1]:
            folded = band.fold.count if band.fold else 0
            assert len(band.blocks) + folded == spec.blocks_per_stage == band.block_count
            assert bool(band.fold) == (spec.blocks_per_stage > SHOWN)
            indices = [mark.facts.index for mark in band.blocks]
            assert indices[0] == 0
            assert indices[-1] == spec.blocks_per_stage - 1


def test_boxes_are_to_scale() -> None:
    plan = lying(describe(NetworkSpec(depth=20)), 112, 1120)
    first, second, third = (band.blocks[-1].boxes[-1] for band in plan.bands[1:-1])
    assert second.breadth * 2 == first.breadth == 112  # 16 x 16 and 32 x 32
    assert third.breadth * 2 == second.breadth
    assert second.length == pytest.approx(2 * first.length)  # 32 and 16 filters
    assert third.length == pytest.approx(2 * second.length)
    assert plan.length == pytest.approx(1120)


def test_the_shortcuts_that_change_the_size_are_those_of_the_paper() -> None:
    """3n shortcuts, two of them dotted: the first of stages 2 and 3 (section 4.2)."""
    plan = standing(describe(NetworkSpec(depth=20)), 112)
    marks = [mark for band in plan.bands for mark in band.blocks]
    assert [mark.facts.name for mark in marks if mark.resizes] == ["layer2.0", "layer3.0"]
    assert len(marks) == 9
    for mark in marks:
        assert mark.rise > max(box.breadth for box in mark.boxes) / 2


def test_the_1202_layer_network_is_folded_to_three_blocks_a_stage() -> None:
    plan = standing(describe(NetworkSpec(depth=1202)), 112)
    assert [len(band.blocks) for band in plan.bands[1:-1]] == [3, 3, 3]
    assert [band.fold and band.fold.count for band in plan.bands[1:-1]] == [197, 197, 197]
