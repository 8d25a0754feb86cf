"""The figures in the page's sentences, against closed forms."""

from __future__ import annotations

import pytest

from app.widgets.architecture.costs import Shares, compared_blocks, imagenet
from resnet_core.paper.imagenet import BILLION_MULTIPLY_ADDS, PLAIN_OF_VGG
from resnet_core.specs.names import spec_of


def test_where_vgg_has_its_cost() -> None:
    shares = Shares.of(spec_of("imagenet/vgg-19"))
    dense = (25_088 * 4096 + 4096) + (4096 * 4096 + 4096) + (4096 * 1000 + 1000)
    assert shares.dense_parameters == dense
    large = 9 * (224**2 * (3 * 64 + 64 * 64) + 112**2 * (64 * 128 + 128 * 128))
    assert shares.large_multiply_adds == large


def test_resnet_works_on_large_maps_in_its_stem_only() -> None:
    shares = Shares.of(spec_of("imagenet/resnet-34"))
    assert shares.large_multiply_adds == 49 * 3 * 64 * 112**2
    assert shares.dense_parameters == 512 * 1000 + 1000


def test_blocks_cost_what_their_convolutions_do() -> None:
    blocks = compared_blocks()
    pixels = 56**2
    narrow, wide = 2 * 9 * 64 * 64, 2 * 9 * 256 * 256
    bottleneck = 256 * 64 + 9 * 64 * 64 + 64 * 256
    expected = {
        "basic_64": narrow,
        "bottleneck": bottleneck,
        "projection": bottleneck + 256 * 256,
        "basic_256": wide,
    }
    assert {name: block.multiply_adds for name, block in blocks.items()} == {
        name: weights * pixels for name, weights in expected.items()
    }


def test_a_projection_about_doubles_a_bottleneck_as_the_paper_says() -> None:
    blocks = compared_blocks()
    for quantity in ("parameters", "multiply_adds"):
        ratio = getattr(blocks["projection"], quantity) / getattr(blocks["bottleneck"], quantity)
        assert ratio == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(("name", "billions"), BILLION_MULTIPLY_ADDS.items())
def test_counted_multiply_adds_are_the_papers(name: str, billions: float) -> None:
    assert imagenet(name).multiply_adds / 1e9 == pytest.approx(billions, rel=0.03)


def test_plain_34_is_about_the_papers_share_of_vgg() -> None:
    share = imagenet("plain-34").multiply_adds / imagenet("vgg-19").multiply_adds
    assert share == pytest.approx(PLAIN_OF_VGG, abs=0.01)
