"""The reason above the microscope's race: a block of one number, and settings worth a try."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import theme
from app.language import texts
from app.language.texts import t
from app.server import answers
from app.widgets.component import component
from app.widgets.laboratory.state import LabState
from app.widgets.live_charts.live_charts import COMPONENT
from app.widgets.playground.playground import loss_surface
from resnet_core.labs.catalog import LabSettings

_TEXTS = "labs.microscope.why"
_WORDS = (
    *("identity", "zero", "negative", "target", "aim", "time", "play", "pause", "shifted"),
    *("formula_plain", "formula_residual", "picture", "begins", "steps"),
    *("residual_near", "plain_near", "same"),
)
# Settings of the race, each of which answers a question of the page.
TRIES: dict[str, dict[str, object]] = {
    "identity": {"target": "identity", "layers": 2},
    "zero": {"target": "zero", "layers": 2},
    "negative": {"target": "negative", "layers": 2},
    "single": {"target": "identity", "layers": 1},
}
_component = component("block_drawing", Path(__file__).parent, js=COMPONENT, isolate_styles=False)


def why(state: LabState) -> LabSettings:
    """Show the block and the settings worth a try; return those that were picked."""
    st.subheader(t(f"{_TEXTS}.heading"))
    dark = theme.is_dark()
    _component(
        key="microscope.block",
        data={
            "routes": answers.routes_path(),
            "version": answers.static_version(),
            "module": "block_drawing.mjs",
            "words": _words(),
            "colours": {
                "plain": theme.colour("plain", 56, dark),
                "residual": theme.colour("resnet", 56, dark),
            },
        },
    )
    st.subheader(t(f"{_TEXTS}.two"))
    st.markdown(t(f"{_TEXTS}.two_lead"))
    loss_surface("microscope.surface")
    return _tries(state)


def _words() -> dict[str, str]:
    """Return the drawing's words; the browser fills in the placeholders."""
    language = texts.language()
    return {name: texts.catalogue()[f"{_TEXTS}.{name}"][language] for name in _WORDS}


def _tries(state: LabState) -> LabSettings:
    settings = state.settings
    st.subheader(t(f"{_TEXTS}.race"))
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, fields in TRIES.items():
            chosen = all(getattr(settings, field) == value for field, value in fields.items())
            pressed = st.button(
                t(f"{_TEXTS}.try.{name}"),
                key=f"microscope.try.{name}",
                type="primary" if chosen else "secondary",
                help=t(f"{_TEXTS}.expect.{name}"),
            )
            if pressed and not chosen:
                settings = state.changed(**fields).settings
    return settings
