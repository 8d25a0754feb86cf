"""One control a field, its error in a sentence beneath it. Values live in the session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from app.explanations import explain
from app.texts import t
from app.widgets.experiment_form.draft import Draft
from app.widgets.experiment_form.fields import CONTROLS, DEPTHS, OTHER, Control
from resnet_core.errors import PlaygroundError
from resnet_core.experiment import Experiment

Errors = dict[str, PlaygroundError]


class Controls:
    """The controls of one form.

    Args:
        form: tells the forms of a page apart; the first part of each widget's key.
        draft: what the controls show where the session does not know better.
    """

    def __init__(self, form: str, draft: Draft) -> None:
        self.form = form
        self.draft = draft

    def key(self, field: str) -> str:
        return f"{self.form}.{field}"

    def typed(self) -> Draft:
        """The draft with what was typed since."""
        values = {
            field: st.session_state[self.key(field)]
            for field in CONTROLS
            if self.key(field) in st.session_state
        }
        if values.get("depth") == OTHER:
            last = self.draft.values["depth"]
            values["depth"] = st.session_state.get(self.key("other_depth"), last)
        return replace(
            self.draft.changed(**values),
            twin=st.session_state.get(self.key("twin"), self.draft.twin),
            seeds=st.session_state.get(self.key("seeds"), self.draft.seeds),
        )

    def load(self, draft: Draft) -> None:
        """Show another draft. To be called before the controls are, or in a callback."""
        self.draft = draft
        for field in CONTROLS:
            st.session_state[self.key(field)] = self._shown(field)
        st.session_state[self.key("other_depth")] = draft.values["depth"]
        st.session_state[self.key("twin")] = draft.twin
        st.session_state[self.key("seeds")] = draft.seeds

    def show(self, field: str, errors: Errors) -> None:
        """Show the field's control and what is wrong with it."""
        control = CONTROLS[field]
        key = self.key(field)
        if key not in st.session_state:
            st.session_state[key] = self._shown(field)
        self._widget(control, key)
        if field == "depth" and st.session_state[key] == OTHER:
            self._other_depth()
        complaint(errors.get(field))

    def _widget(self, control: Control, key: str) -> None:
        label = t(f"form.field.{control.field}.label")
        said: dict[str, Any] = {
            "key": key,
            "help": _help(control.field),
            "disabled": not self._matters(control),
        }
        match control.kind:
            case "choice":
                st.segmented_control(
                    label,
                    control.options,
                    required=True,
                    wrap=True,
                    format_func=lambda value: option(control.field, value),
                    **said,
                )
            case "whole":
                st.number_input(label, value=None, step=control.step, **said)
            case "text":
                st.text_input(label, **said)
            case "switch":
                st.toggle(label, **said)

    def _other_depth(self) -> None:
        key = self.key("other_depth")
        if key not in st.session_state:
            st.session_state[key] = self.draft.values["depth"]
        st.number_input(t("form.other_depth"), value=None, step=6, key=key)

    def _shown(self, field: str) -> Any:
        value = self.draft.values[field]
        return OTHER if field == "depth" and value not in DEPTHS else value

    def _matters(self, control: Control) -> bool:
        if control.needs is None:
            return True
        field, values = control.needs
        return self.draft.values[field] in values


def complaint(error: PlaygroundError | None) -> None:
    """What is wrong, in a sentence, where there is something."""
    if error is not None:
        st.markdown(f":material/error: :red[{escaped(explain(error))}]")


def option(field: str, value: Any) -> str:
    """What people call one of a field's values; numbers are called by their digits."""
    return str(value) if isinstance(value, int) else t(f"form.option.{field}.{value}")


def label(field: str) -> str:
    return t(f"form.field.{field}.label")


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+!|$~:" else c for c in text)


def _help(field: str) -> str:
    said = t(f"form.field.{field}.help")
    known = Experiment.model_fields.get(field)
    if known is None or known.default in (None, "", "auto") or isinstance(known.default, bool):
        return said
    return f"{said} ({t('form.default', value=_plain(field, known.default))})"


def _plain(field: str, value: Any) -> str:
    if isinstance(value, str) and field in CONTROLS and CONTROLS[field].kind == "choice":
        return option(field, value)
    return f"{value:,}" if isinstance(value, int) else str(value)
