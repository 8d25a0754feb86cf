"""Clicks in the lesion laboratory's drawing: checked like a URL."""

from __future__ import annotations

import pytest

from app.widgets.laboratory import lesion_drawing
from app.widgets.laboratory.state import state_type
from resnet_core.labs import catalog

BLOCKS = ("layer2.1", "layer2.2", "layer3.1")


@pytest.mark.parametrize(
    ("change", "removed", "swapped"),
    [
        ({"removed": ["layer2.1"], "swapped": []}, ("layer2.1",), ()),
        ({"swapped": ["layer2.1", "layer2.2"]}, (), ("layer2.1", "layer2.2")),
        ({"removed": ["<script>", "layer3.1"], "swapped": 7}, ("layer3.1",), ()),
        ({"removed": ["layer2.1"], "swapped": ["layer2.1", "layer2.2"]}, (), ()),  # refused
        ("nonsense", (), ()),
    ],
)
def test_a_click_changes_the_settings_where_it_can(
    change: object, removed: tuple[str, ...], swapped: tuple[str, ...]
) -> None:
    state = state_type(catalog.question("lesion"))().changed(removed=(), swapped=())
    settings = dict(lesion_drawing._changed(state, change, BLOCKS))
    assert (settings["removed"], settings["swapped"]) == (removed, swapped)
