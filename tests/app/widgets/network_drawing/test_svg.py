"""The drawings are well-formed SVG that says what the anatomy says."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from app.language.texts import LANGUAGES, speaker
from app.widgets.network_drawing import svg
from app.widgets.network_drawing.network_drawing import legend
from resnet_core.anatomy.describe import describe
from resnet_core.specs.cifar import FAMILIES, NetworkSpec
from resnet_core.specs.imagenet import ARCHITECTURES
from resnet_core.specs.names import spec_of

NAMESPACE = "{http://www.w3.org/2000/svg}"
SPECS = [
    NetworkSpec(family=family, depth=depth, shortcut=shortcut)
    for family in FAMILIES
    for depth, shortcut in ((20, "A"), (56, "B"), (32, "C"))
]


def parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)


def with_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [part for part in root.iter() if name in part.get("class", "").split()]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.name}-{spec.shortcut}")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("draw", [svg.wide, svg.narrow])
def test_there_is_an_arch_and_a_sign_for_every_shortcut_drawn(draw, language, spec) -> None:
    root = parsed(draw(describe(spec), speaker(language)))
    blocks = with_class(root, "block")
    assert len(blocks) == 3 * min(spec.blocks_per_stage, 3 if spec.blocks_per_stage > 5 else 5)
    shortcuts = len(blocks) if spec.has_shortcuts else 0
    assert len(with_class(root, "shortcut")) == len(with_class(root, "sum")) == shortcuts
    assert len(with_class(root, "resizes")) == (2 if spec.has_shortcuts else 0)
    projections = {"A": 0, "B": 2, "C": shortcuts}[spec.shortcut] if spec.has_shortcuts else 0
    assert len(with_class(root, "projection")) == projections
    assert len(with_class(root, "gate")) == (shortcuts if spec.family == "highway" else 0)


@pytest.mark.parametrize("draw", [svg.wide, svg.narrow])
def test_layers_carry_their_names_and_blocks_can_be_reached_by_keyboard(draw) -> None:
    anatomy = describe(NetworkSpec(depth=20))
    root = parsed(draw(anatomy, speaker("en")))
    named = [part.get("data-layer") for part in root.iter() if part.get("data-layer")]
    assert tuple(named) == anatomy.layers_3x3
    for block in with_class(root, "block"):
        assert block.get("data-block") in anatomy.block_names
        assert block.get("tabindex") == "0"
        assert "F(x)" in block.get("aria-label", "")


@pytest.mark.parametrize("draw", [svg.wide, svg.narrow])
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_every_measured_layer_is_drawn_by_its_number_or_stands_in_a_fold(draw, block) -> None:
    layers = {"basic": 2, "bottleneck": 3}[block]
    spec = NetworkSpec(depth=3 * layers * 9 + 2, block=block, layers_per_block=layers)
    anatomy = describe(spec)
    parts = list(parsed(draw(anatomy, speaker("en"))).iter())
    numbers = {
        int(part.get("data-number")): part.get("data-layer")
        for part in parts
        if part.get("data-number")
    }
    for number, name in numbers.items():
        assert anatomy.layers_3x3[number - 1] == name
    folded = [
        number
        for part in parts
        if part.get("data-first")
        for number in range(int(part.get("data-first")), int(part.get("data-last")) + 1)
    ]
    assert sorted([*numbers, *folded]) == list(range(1, len(anatomy.layers_3x3) + 1))


@pytest.mark.parametrize("draw", [svg.wide, svg.narrow])
def test_the_parts_costs_add_up_to_the_networks(draw) -> None:
    anatomy = describe(NetworkSpec(depth=56))
    texts = [text.text or "" for text in parsed(draw(anatomy, speaker("en"))).iter()]
    counts = [
        int(text.removesuffix(" parameters").replace(",", ""))
        for text in texts
        if text.endswith(" parameters")
    ]
    assert sum(counts) == anatomy.parameters == 853_018


@pytest.mark.parametrize("draw", [svg.wide, svg.narrow])
def test_the_deepest_network_costs_a_browser_no_more_than_a_shallow_one(draw) -> None:
    assert len(draw(describe(NetworkSpec(depth=1202)), speaker("en"))) < 30_000


def test_the_legend_says_what_the_dotted_lines_are() -> None:
    say = speaker("en")
    told = {s: legend(describe(NetworkSpec(depth=20, shortcut=s)), say) for s in ("A", "B", "C")}
    assert "zeros" in told["A"]
    assert "projects" in told["B"]
    assert "Every arch" in told["C"]
    assert "No shortcuts" in legend(describe(NetworkSpec(family="plain", shortcut="B")), say)
    assert "gate" in legend(describe(NetworkSpec(family="highway")), say)


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("draw", [svg.wide, svg.narrow])
def test_imagenet_networks_are_drawn_with_their_shortcuts_and_costs(draw, language, name) -> None:
    anatomy = describe(spec_of(f"imagenet/{name}"))
    root = parsed(draw(anatomy, speaker(language), range(len(anatomy.stages))))
    blocks = with_class(root, "block")
    assert [block.get("data-block") for block in blocks] == list(anatomy.block_names)
    solid = [block for block in anatomy.blocks if block.shortcut == "identity"]
    arches = with_class(root, "shortcut")
    assert len(arches) - len(with_class(root, "resizes")) == len(solid)
    assert len(arches) == (len(blocks) if anatomy.spec.has_shortcuts else 0)
    assert len(with_class(root, "join")) == (9 if name == "googlenet" else 0)


@pytest.mark.parametrize("draw", [svg.wide, svg.narrow])
def test_folds_can_be_opened_only_where_the_page_asks_for_it(draw) -> None:
    anatomy = describe(spec_of("imagenet/resnet-152"))
    say = speaker("en")
    assert "data-fold" not in draw(anatomy, say)
    folds = with_class(parsed(draw(anatomy, say, ())), "fold")
    assert [fold.get("data-fold") for fold in folds] == ["2", "3"]
    told = "33 more equal blocks, 36 in all"  # two before it, one after
    assert [*folds[1].itertext()] == [told, "× 33"]
    assert folds[1].get("aria-label") == told
    again = with_class(parsed(draw(anatomy, say, (3,))), "fold")
    assert "fold 33" in "".join(again[1].itertext())


def test_references_have_a_legend_of_their_own() -> None:
    say = speaker("en")
    assert "pooling" in legend(describe(spec_of("imagenet/vgg-16")), say)
    assert "four parallel paths" in legend(describe(spec_of("imagenet/googlenet")), say)
