"""The page's state survives its URL, and what a URL cannot mean gives way alone."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.widgets.architecture.state import (
    KINDS,
    ArchitectureState,
    Scope,
    View,
    kind,
    spec_from,
    title,
    token,
)
from resnet_core.errors import InvalidSetting
from resnet_core.specs.names import spec_of

SPECS = [
    spec_of("imagenet/vgg-19"),
    spec_of("imagenet/resnet-50", shortcut="C", stride_in="3x3"),
    spec_of("imagenet/resnet-34", shortcut="A"),
    spec_of("cifar/resnet-29", block="bottleneck", shortcut="B"),
    spec_of("cifar/plain-1202"),
    spec_of("cifar/highway-20"),
]


@pytest.mark.parametrize("spec", SPECS, ids=token)
def test_a_network_comes_back_from_its_token(spec) -> None:
    assert spec_from(token(spec)) == spec
    assert kind(spec) in KINDS


def test_titles_are_the_papers_with_what_is_unusual_behind() -> None:
    assert [title(spec) for spec in SPECS] == [
        "VGG-19",
        "ResNet-50 C 3x3",
        "ResNet-34 A",
        "ResNet-29 B bottleneck",
        "plain-1202",
        "highway-20",
    ]


@pytest.mark.parametrize(
    "text",
    ["", "resnet-50", "imagenet/resnet-51", "cifar/resnet-21", "imagenet/vgg-19.D", "cifar/x-20"],
)
def test_an_unknown_network_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting):
        spec_from(text)


@given(
    st.sampled_from(get_args(View)),
    st.lists(st.sampled_from(SPECS), min_size=1, max_size=3),
    st.integers(1, 3),
    st.sampled_from(get_args(Scope)),
    st.integers(0, 2),
    st.integers(0, 9),
    st.integers(0, 100),
    st.sets(st.tuples(st.integers(0, 2), st.integers(0, 5)), max_size=3),
)
def test_a_state_comes_back_from_its_query(
    view, networks, step, scope, look, picture, across, opened
) -> None:
    state = ArchitectureState().changed(
        view=view,
        networks=tuple(networks),
        step=step,
        scope=scope,
        look=look,
        picture=picture,
        across=across,
        open=tuple(f"{place}-{stage}" for place, stage in opened),
    )
    assert ArchitectureState.from_query(state.to_query()) == (state, {})


def test_the_standard_state_needs_no_query() -> None:
    assert ArchitectureState().to_query() == {}


def test_chosen_blocks_and_layers_come_back() -> None:
    state = ArchitectureState().changed(
        blocks=("conv2", "", "layer2.0"), look=2, layer="layer3.0.conv1"
    )
    assert ArchitectureState.from_query(state.to_query()) == (state, {})


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"view": "everything"}, ["view"]),
        ({"networks": "a,b"}, ["networks"]),
        ({"networks": ",".join(["cifar/plain-20"] * 4)}, ["networks"]),
        ({"blocks": "layer9.9"}, ["blocks"]),
        ({"layer": "nowhere"}, ["layer"]),
        ({"open": "0-99"}, ["open"]),
        ({"open": "x"}, ["open"]),
        ({"step": "4"}, ["step"]),
        ({"across": "-1"}, ["across"]),
        ({"picture": "10"}, ["picture"]),
        ({"look": "<script>"}, ["look"]),
        ({"other": "1"}, ["other"]),
    ],
)
def test_what_cannot_be_used_is_named_and_gives_way(query, wrong) -> None:
    state, errors = ArchitectureState.from_query({**query, "down": "7"})
    assert list(errors) == wrong
    assert state == ArchitectureState(down=7)


def test_a_view_of_fewer_networks_keeps_what_they_have() -> None:
    """A URL of an earlier version, which had as many blocks as networks."""
    state, errors = ArchitectureState.from_query(
        {"networks": "imagenet/resnet-50", "blocks": "layer1.1", "look": "2", "open": "0-2,0-1"}
    )
    assert errors == {}
    assert (state.look, state.blocks) == (0, ("layer1.1", "", ""))
    assert state.open_stages(0) == {1, 2}
    other = state.changed(networks=(spec_of("cifar/plain-20"),))
    assert (other.blocks, other.open) == (("", "", ""), ())
