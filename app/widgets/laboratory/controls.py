"""A control for each field of a laboratory's settings, made from the field itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

import annotated_types
import streamlit as st
from pydantic.fields import FieldInfo

from app.language.errors import explain
from app.language.markdown import fault
from app.language.texts import language, t
from app.page_state.initial_value import start_of
from app.widgets.laboratory.bench import label
from resnet_core.errors import InvalidSetting
from resnet_core.labs.question import LabSettings, Question
from resnet_core.labs.results.request import as_text, create_settings

IN_SIGHT = 3  # controls; the others are behind "more"
_MOST_BUTTONS = 6
_WIDTH, _SLIDER = 220, 300  # pixels
_LONGEST_SLIDER = 100  # whole steps
_WIDEST_SLIDER = 20  # a range wider than this factor is typed, not slid


class Controls:
    """The settings' controls of one page.

    Args:
        settings: what the controls begin with.
    """

    def __init__(self, question: Question, settings: LabSettings) -> None:
        self.question = question
        self.settings = settings
        self.form = f"lab.{question.name}"

    def load(self, settings: LabSettings) -> None:
        """Show other settings; to be called before the controls are shown, or before a rerun."""
        self.settings = settings
        generation = f"{self.form}.generation"
        st.session_state[generation] = st.session_state.get(generation, 0) + 1

    def show(self, names: Sequence[str]) -> dict[str, Any]:
        """Show these fields' controls; what they hold."""
        return {name: self._control(name) for name in names}

    def settled(self, held: dict[str, Any]) -> LabSettings:
        """The settings that the controls hold; what cannot be used is said beneath, and the
        settings stay as they were."""
        try:
            return create_settings(self.question, held)
        except InvalidSetting as error:
            named = f"{label(self.question.name, error.field)}: {explain(error)}"
            st.markdown(fault(named))
            return self.settings

    def _key(self, field: str) -> str:
        """Another one after each load and in each language: Streamlit knows a choice by its
        label, which changes with the language."""
        generation = st.session_state.get(f"{self.form}.generation", 0)
        return f"{self.form}.{generation}.{language()}.{field}"

    def _control(self, field: str) -> Any:
        info = self.question.settings.model_fields[field]
        key, named = self._key(field), label(self.question.name, field)
        start = start_of(key, getattr(self.settings, field))
        said: dict[str, Any] = {"key": key}
        if info.annotation is bool:
            return st.toggle(named, value=start, **said)
        options = choices(info)
        if options:
            return self._choice(field, named, options, start, said)
        if info.annotation in (int, float):
            return _number(named, info, start, said)
        return st.text_input(named, value=as_text(start), **said)

    def _choice(
        self, field: str, named: str, options: tuple[Any, ...], start: Any, said: dict[str, Any]
    ) -> Any:
        said["format_func"] = lambda value: option(self.question.name, field, value)
        if isinstance(start, tuple):
            found = st.pills(named, options, default=start, selection_mode="multi", **said)
            kept = tuple(value for value in start if value in found)
            return kept + tuple(value for value in options if value in found and value not in kept)
        if len(options) > _MOST_BUTTONS:
            return st.selectbox(named, options, index=options.index(start), **said)
        return st.segmented_control(named, options, default=start, required=True, wrap=True, **said)


def choices(info: FieldInfo) -> tuple[Any, ...]:
    """The values of a Literal, or of a tuple's Literal; none for other types."""
    annotation = info.annotation
    if get_origin(annotation) is tuple:
        annotation = get_args(annotation)[0]
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def option(name: str, field: str, value: Any) -> str:
    """What people call one of a setting's values; numbers are called by their digits."""
    return str(value) if isinstance(value, int) else t(f"labs.{name}.option.{field}.{value}")


def _number(named: str, info: FieldInfo, start: float, said: dict[str, Any]) -> float:
    low, high = bounds(info)
    closed = low is not None and high is not None
    limits: dict[str, Any] = {"min_value": low, "max_value": high}
    if info.annotation is int:
        if closed and high - low <= _LONGEST_SLIDER:
            return st.slider(named, low, high, value=start, width=_SLIDER, **said)
        return st.number_input(named, value=start, step=1, width=_WIDTH, **limits, **said)
    if closed and (low <= 0 or high <= _WIDEST_SLIDER * low):
        said |= {"format": "%g", "width": _SLIDER}
        return st.slider(named, low, high, start, _step(high - low), **said)
    said |= {**limits, "format": "%g", "width": _WIDTH}
    return st.number_input(named, value=start, step=_step(100 * (start or 1)), **said)


def bounds(info: FieldInfo) -> tuple[Any, Any]:
    """The least and the largest value that the field allows, or None, in the field's type.

    An open bound is one just within.
    """
    within = 1 if info.annotation is int else 1e-9
    low: Any = None
    high: Any = None
    for rule in info.metadata:
        match rule:
            case annotated_types.Ge(ge):
                low = ge
            case annotated_types.Gt(gt):
                low = float(gt) + within  # type: ignore[arg-type]
            case annotated_types.Le(le):
                high = le
            case annotated_types.Lt(lt):
                high = float(lt) - within  # type: ignore[arg-type]
    kind: Any = info.annotation
    return low if low is None else kind(low), high if high is None else kind(high)


def _step(span: float) -> float:
    """About a hundredth of the span, as 1, 2 or 5 times a power of ten."""
    about = abs(span) / 100
    decade = 10.0 ** math.floor(math.log10(about))
    best = max(factor for factor in (1, 2, 5) if factor * decade <= about * 1.0001)
    return round(best * decade, 12)
