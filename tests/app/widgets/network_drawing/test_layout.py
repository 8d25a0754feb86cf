"""The drawing is to scale, and nothing in it overlaps."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.widgets.network_drawing.layout import SHOWN, Plan, common_scale, lying, standing
from resnet_core.anatomy.describe import describe
from resnet_core.specs.cifar import FAMILIES, NetworkSpec
from resnet_core.specs.imagenet import ARCHITECTURES
from resnet_core.specs.names import spec_of


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


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("opened", [(), (1, 2, 3, 4)])
def test_imagenet_networks_are_drawn_whole(name: str, opened: tuple[int, ...]) -> None:
    anatomy = describe(spec_of(f"imagenet/{name}"))
    for plan in (lying(anatomy, 112, 1120, opened), standing(anatomy, 112, opened)):
        shown = sum(len(band.blocks) for band in plan.bands)
        folds = [band.fold for band in plan.bands if band.fold]
        assert shown + sum(fold.count for fold in folds if not fold.opened) == len(anatomy.blocks)
        assert all(fold.opened == bool(opened) for fold in folds)
        for band in plan.bands:
            inside = band.start, band.start + band.length
            boxes = [*band.boxes, *(box for mark in band.blocks for box in mark.boxes)]
            assert all(inside[0] < box.start < box.end < inside[1] for box in boxes)
            for mark, following in pairwise(band.blocks):
                assert mark.join < following.leave
            if band.fold:
                nearest = min(abs(band.fold.at - (box.start + box.end) / 2) for box in boxes)
                assert nearest > 13  # half of the pill
        assert plan.scores > max(box.end for band in plan.bands for box in band.boxes)


def test_an_inception_module_has_four_paths_beside_each_other() -> None:
    plan = standing(describe(spec_of("imagenet/googlenet")), 112)
    marks = [mark for band in plan.bands for mark in band.blocks]
    assert len(marks) == 9
    for mark in marks:
        assert sum(mark.paths) == pytest.approx(0)
        assert len(mark.paths) == 4
        breadth = max(box.breadth for box in mark.boxes)
        assert all(after - before > breadth for before, after in pairwise(mark.paths))


def test_a_common_scale_shows_the_same_map_and_filters_alike() -> None:
    anatomies = [describe(spec_of(f"imagenet/{name}")) for name in ("vgg-19", "resnet-50")]
    scale = common_scale(anatomies, 112)
    vgg, resnet = (standing(one, 112, scale=scale) for one in anatomies)
    first = next(box for box in vgg.bands[2].blocks[0].boxes if box.style == "layer")
    last = resnet.bands[1].blocks[-1].boxes[-1]
    assert first.breadth == last.breadth == pytest.approx(28)  # both 56 x 56 of 224
    assert first.length == pytest.approx(last.length)  # both 256 filters
