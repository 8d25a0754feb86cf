"""One control a field, its error in a sentence beneath it. Values live in the session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from app.language.errors import explain
from app.language.markdown import fault
from app.language.texts import language, t
from app.page_state.initial_value import start_of
from app.widgets.experiment_form.draft import LEFT_EMPTY, Draft, unused
from app.widgets.experiment_form.fields import CONTROLS, OTHER, Control
from app.widgets.experiment_form.networks import depths
from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import is_imagenet

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
        """The widget's key; another one after each load and in each language.

        Streamlit knows a choice by its label, so a control whose labels change language would
        lose its value. A new control begins with the draft's.
        """
        generation = st.session_state.get(f"{self.form}.generation", 0)
        if field == "depth" and is_imagenet(family := str(self.value("family"))):
            field = f"depth.{family}"  # each of these families has depths of its own
        return f"{self.form}.{generation}.{language()}.{field}"

    def value(self, field: str) -> Any:
        """What the control holds, or the draft where it is not shown yet."""
        own = {"twin": self.draft.twin, "seeds": self.draft.seeds}
        last = own[field] if field in own else self._last(field)
        found = st.session_state.get(self.key(field), last)
        if field == "depth" and found == OTHER:
            return st.session_state.get(self.key("other_depth"), last)
        return found

    def _last(self, field: str) -> Any:
        """What the draft holds; a depth that was another kind of network's gives way to the
        family's first."""
        values, family = self.draft.values, self.value("family") if field == "depth" else ""
        if is_imagenet(family):
            offered = depths(family)
            return values[field] if values[field] in offered else offered[0]
        if field == "depth" and is_imagenet(str(values["family"])):
            return depths(family)[0]
        return values[field]

    def typed(self) -> Draft:
        """The draft with what was typed since."""
        return replace(
            self.draft.changed(**{field: self.value(field) for field in CONTROLS}),
            twin=self.value("twin"),
            seeds=self.value("seeds"),
        )

    def load(self, draft: Draft) -> None:
        """Show another draft. To be called before the controls are, or in a callback."""
        self.draft = draft
        generation = f"{self.form}.generation"
        st.session_state[generation] = st.session_state.get(generation, 0) + 1

    def show(self, field: str, errors: Errors) -> None:
        """Show the field's control and what is wrong with it."""
        self._widget(CONTROLS[field])
        if field == "depth" and st.session_state[self.key("depth")] == OTHER:
            key = self.key("other_depth")
            value = start_of(key, self.draft.values["depth"])
            st.number_input(t("form.other_depth"), value=value, step=6, key=key)
        complaint(errors.get(field))

    def _widget(self, control: Control) -> None:
        label = t(f"form.field.{control.field}.label")
        key = self.key(control.field)
        start = start_of(key, self._shown(control.field))
        said: dict[str, Any] = {
            "key": key,
            "help": _help(control.field),
            "disabled": not self._matters(control),
        }
        match control.kind:
            case "choice":
                st.segmented_control(
                    label,
                    self._options(control),
                    default=start,
                    required=True,
                    wrap=True,
                    format_func=lambda value: option(control.field, value),
                    **said,
                )
            case "whole":
                st.number_input(label, value=start, step=control.step, **said)
            case "text":
                st.text_input(label, value=start, placeholder=_empty(control.field), **said)
            case "switch":
                st.toggle(label, value=start, **said)

    def _shown(self, field: str) -> Any:
        value = self._last(field)
        return OTHER if field == "depth" and value not in depths(self._family) else value

    @property
    def _family(self) -> str:
        return str(self.value("family"))

    def _options(self, control: Control) -> tuple[Any, ...]:
        imagenet = control.field == "depth" and is_imagenet(self._family)
        return depths(self._family) if imagenet else control.options

    def _matters(self, control: Control) -> bool:
        if control.field in unused(self._family):
            return False
        if control.needs is None:
            return True
        field, values = control.needs
        return self.draft.values[field] in values


def complaint(error: PlaygroundError | None) -> None:
    """What is wrong, in a sentence, where there is something."""
    if error is not None:
        st.markdown(fault(explain(error)))


def option(field: str, value: Any) -> str:
    """What people call one of a field's values; numbers are called by their digits."""
    if isinstance(value, int):
        return str(value)
    word = str(value).replace("/", "-")  # "imagenet/resnet"
    return t(f"form.option.{field}.{word}")


def label(field: str) -> str:
    return t(f"form.field.{field}.label")


def _empty(field: str) -> str | None:
    """What a field means that is left empty."""
    if field not in LEFT_EMPTY:
        return None
    return t(f"form.empty.{field}")


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
