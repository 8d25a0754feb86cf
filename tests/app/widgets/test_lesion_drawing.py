"""Clicks in the lesion laboratory's drawing: checked like a URL."""

from __future__ import annotations

import re

import pytest

from app.language.texts import t
from app.widgets.laboratory import lesion_drawing
from app.widgets.laboratory.state import state_type
from app.widgets.network_drawing import svg
from resnet_core.anatomy.describe import describe
from resnet_core.labs import catalog
from resnet_core.specs.cifar import NetworkSpec

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


def test_a_fold_that_is_clicked_opens_and_closes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six of ResNet-56's nine blocks a stage were out of reach."""
    anatomy = describe(NetworkSpec("resnet", 56))
    clicked = {"fold": 2}
    session: dict[str, object] = {"lesion-drawing": clicked}
    monkeypatch.setattr(lesion_drawing.st, "session_state", session)

    def drawn() -> set[str]:
        wide = svg.wide(anatomy, t, session.get("lesion-drawing.opened", frozenset()))  # type: ignore[arg-type]
        return set(re.findall(r'data-block="([^"]+)"', wide)) | set(
            re.findall(r'data-fold="(\d)"', wide)
        )

    folded = drawn()
    assert "2" in folded
    assert "layer2.4" not in folded
    lesion_drawing._fold()
    assert {f"layer2.{block}" for block in range(9)} <= drawn()
    assert "layer3.4" not in drawn()
    lesion_drawing._fold()
    assert drawn() == folded
