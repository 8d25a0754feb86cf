"""Presets as starting points."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app.language.texts import t
from app.widgets.experiment_form.draft import Draft
from app.widgets.experiment_form.networks import twin_of
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import PRESETS

FIRST = "one-minute"


def draft_of(name: str) -> Draft:
    """The preset's last network, its deepest residual one, with its twin if that is there too."""
    experiments = PRESETS[name].build(0)
    networks = {experiment.network for experiment in experiments}
    last = experiments[-1]
    twin = twin_of(last.network) in networks
    return Draft.of(last.changed(name=""), preset=name, twin=twin)


def preset_row(current: str, load: Callable[[Draft], None]) -> None:
    """Show a button a preset; the one that the form was started from is marked."""
    st.caption(t("form.preset.label"))
    with st.container(horizontal=True, gap="small"):
        for name in PRESETS:
            st.button(
                t(f"form.preset.{name}.title"),
                key=f"preset.{name}",
                icon=":material/check:" if name == current else None,
                help=t(f"form.preset.{name}.description"),
                on_click=lambda name=name: load(draft_of(name)),
            )


def all_of_preset(name: str, experiment: Experiment) -> Sequence[Experiment]:
    """All of the preset's experiments, if this is one of them and they are several."""
    if name not in PRESETS:
        return ()
    try:
        together = PRESETS[name].build(experiment.seed)
    except InvalidSetting:
        return ()
    plain = experiment.changed(name="")
    is_one = any(one.changed(name="") == plain for one in together)
    return together if is_one and len(together) > 1 else ()
