"""The network drawn above the lesion laboratory's figures: a click removes a block or swaps two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from app import theme
from app.language.errors import explain
from app.language.texts import t
from app.page_data.runs import find_runs
from app.page_state.page import touch
from app.widgets.experiment_form.cost import describe
from app.widgets.laboratory.state import LabState
from app.widgets.network_drawing import svg
from resnet_core.errors import PlaygroundError
from resnet_core.labs.catalog import LabSettings
from resnet_core.runs.record import RunRecord

_HERE = Path(__file__).parent
_DRAWING = _HERE.parent / "network_drawing" / "network_drawing.css"
_KEY = "lesion-drawing"
_OPENED = "lesion-drawing.opened"  # in the session: numbers of the stages that are not folded
_WORDS = ("remove", "swap", "clear", "whole", "removed", "swapped")
_component = st.components.v2.component(
    "lesion_drawing",
    html='<div class="drawing"></div>',
    css=_DRAWING.read_text(encoding="utf-8")
    + (_HERE / "lesion_drawing.css").read_text(encoding="utf-8"),
    js=(_HERE / "lesion_drawing.js").read_text(encoding="utf-8"),
)


def lesion_drawing(state: LabState) -> LabSettings:
    """Draw the network, and return the settings after the reader's clicks."""
    record = _drawn(state.runs)
    if record is None:
        return state.settings
    anatomy = describe(record.experiment)
    values = dict(state.settings)
    opened: frozenset[int] = st.session_state.get(_OPENED, frozenset())
    result = _component(
        key=_KEY,
        data={
            "wide": svg.wide(anatomy, t, opened),
            "narrow": svg.narrow(anatomy, t, opened),
            "hue": theme.colour(anatomy.spec.family, anatomy.spec.depth, theme.is_dark()),
            "removed": list(values["removed"]),
            "swapped": list(values["swapped"]),
            "words": _words(),
        },
        # Streamlit runs the page at a trigger only where there is a callback.
        on_change_change=touch,
        on_fold_change=_fold,
    )
    return _changed(state, result.get("change"), anatomy.block_names)


def _fold() -> None:
    """Open the stage whose folded blocks were clicked, or fold it again."""
    number = st.session_state[_KEY].get("fold")
    if isinstance(number, int):
        st.session_state[_OPENED] = st.session_state.get(_OPENED, frozenset()) ^ {number}


def _drawn(runs: tuple[str, ...]) -> RunRecord | None:
    """Return the first run with shortcuts, else the first."""
    records, _ = find_runs(runs)
    with_shortcuts = [run for run in records if "plain" not in run.experiment.network]
    return next(iter(with_shortcuts or records), None)


def _changed(state: LabState, change: Any, blocks: tuple[str, ...]) -> LabSettings:
    """Return the settings after a click, which are checked like a URL's."""
    if not isinstance(change, dict):
        return state.settings
    clicked: dict[str, tuple[str, ...]] = {}
    for field in ("removed", "swapped"):
        names = change.get(field)
        clicked[field] = tuple(n for n in names if n in blocks) if isinstance(names, list) else ()
    try:
        return state.changed(**clicked).settings
    except PlaygroundError as error:
        st.warning(explain(error))
        return state.settings


def _words() -> dict[str, str]:
    """Return the drawing's words; the placeholder is filled in the browser."""
    words = {name: t(f"labs.common.drawing.{name}") for name in _WORDS}
    return {**words, "second": t("labs.common.drawing.second", block="{block}")}
