"""Controls for the settings of the page's laboratory, made from the fields themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.language.errors import explain
from app.language.markdown import fault
from app.language.texts import language
from app.page_state.controls import show
from app.widgets.laboratory.state import how_to_show, setting_label
from resnet_core.errors import InvalidSetting
from resnet_core.labs.question import LabSettings, Question
from resnet_core.labs.results.request import create_settings


class SettingsForm:
    """The controls of some settings.

    Args:
        settings: the controls' first values.
        key: the first part of each control's key; another one after each load.
    """

    def __init__(self, question: Question, settings: LabSettings, key: str) -> None:
        self.question = question
        self.settings = settings
        self.key = f"{key}.{language()}"

    def show(self, names: Sequence[str]) -> dict[str, Any]:
        """Show these fields' controls; return their values."""
        values = {}
        for name in names:
            how = how_to_show(self.question, name)
            value, key = getattr(self.settings, name), f"{self.key}.{name}"
            values[name] = show(how.pop("control"), how.pop("label"), key, value, **how)
        return values

    def settled(self, values: dict[str, Any]) -> LabSettings:
        """Return the settings of these values; an error is shown, and the settings stay."""
        try:
            return create_settings(self.question, values)
        except InvalidSetting as error:
            st.markdown(
                fault(f"{setting_label(self.question.name, error.field)}: {explain(error)}")
            )
            return self.settings
