"""Streamlit's controls for the fields of a model, derived from the fields' types and bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar, get_args, get_origin

import annotated_types
import streamlit as st
from pydantic.fields import FieldInfo

from app.page_state.query import as_text, from_text

Value = TypeVar("Value")
Kind = Literal["switch", "buttons", "list", "several", "stops", "slider", "number", "text"]

_MOST_BUTTONS = 6
_LONGEST_SLIDER = 100  # whole steps
_WIDEST_SLIDER = 20  # a range wider than this factor is typed, not slid
_STARTS = "starts"


@dataclass(frozen=True)
class Control:
    """The values that a control offers, without words.

    Attributes:
        options: of buttons, a list, several or a slider's stops, in their order.
        low, high: the least and largest number, None where there is no bound.
        step: from one number to the next; None: a hundredth of the range or of the value.
        annotation: the type that text is read as.
    """

    kind: Kind
    options: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float | None = None
    annotation: Any = str

    @classmethod
    def of(cls, info: FieldInfo) -> Self:
        """Return the control of a model's field, by its type and its bounds."""
        annotation = info.annotation
        if annotation is bool:
            return cls("switch")
        if options := choices(info):
            several = get_origin(annotation) is tuple
            one: Kind = "buttons" if len(options) <= _MOST_BUTTONS else "list"
            return cls("several" if several else one, options)
        if annotation not in (int, float):
            return cls("text", annotation=annotation)
        low, high = bounds(info)
        if low is None or high is None:
            slides = False
        elif annotation is int:
            slides = high - low <= _LONGEST_SLIDER
        else:
            slides = low <= 0 or high <= _WIDEST_SLIDER * low
        step = 1 if annotation is int else None
        return cls("slider" if slides else "number", (), low, high, step)

    def content(self, value: Any) -> Any:
        """Return the widget's content for a field's value."""
        return as_text(value) if self.kind == "text" else value

    def read(self, content: Any, before: Any) -> Any:
        """Return the field's value for the widget's content.

        Args:
            before: the previous value; the options of several that remain keep its order.
        """
        if self.kind == "text":
            return from_text(self.annotation, content)
        if self.kind == "several":
            left = tuple(option for option in before if option in content)
            return left + tuple(option for option in content if option not in left)
        return content


def choices(info: FieldInfo) -> tuple[Any, ...]:
    """Return the values of a Literal, or of a tuple's Literal; none for other types."""
    annotation = info.annotation
    if get_origin(annotation) is tuple:
        annotation = get_args(annotation)[0]
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def bounds(info: FieldInfo) -> tuple[Any, Any]:
    """Return the least and the largest value that the field allows, or None, in its type.

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


def show(control: Control, label: str, key: str, value: Any, **how: Any) -> Any:
    """Show the control and return the value that it holds.

    Args:
        value: that it begins with.
        how: passed to Streamlit's function, such as `help` or `format_func`.
    """
    start = initial_value(key, control.content(value))
    how["key"] = key
    options = control.options
    content: Any
    match control.kind:
        case "switch":
            content = st.toggle(label, value=start, **how)
        case "list":
            index = options.index(start) if start in options else 0
            content = st.selectbox(label, options, index=index, **how)
        case "buttons":
            how = {"wrap": True, **how}
            default = start if start in options else None
            content = st.segmented_control(label, options, default=default, required=True, **how)
        case "several":
            content = st.pills(label, options, default=start, selection_mode="multi", **how)
        case "stops":
            content = st.select_slider(label, options, value=start, **how)
        case "text":
            content = st.text_input(label, value=start, **how)
        case _:
            content = _number(control, label, start, how)
    return control.read(content, value)


def initial_value(key: str, value: Value) -> Value:
    """Return the value with which the widget of this key began: this one if it begins now.

    A value that is set through the session's state gets lost in the browser when the run that set
    it is cut short by another one. A widget's own default does not, but it must stay the same for
    as long as the widget lives.
    """
    starts = st.session_state.setdefault(_STARTS, {})
    if key not in st.session_state or key not in starts:
        starts[key] = value
    start: Value = starts[key]
    return start


def step_of(span: float) -> float:
    """Return about a hundredth of the span, as 1, 2 or 5 times a power of ten."""
    about = abs(span) / 100
    decade = 10.0 ** math.floor(math.log10(about))
    best = max(factor for factor in (1, 2, 5) if factor * decade <= about * 1.0001)
    return round(best * decade, 12)


def _number(control: Control, label: str, start: float, how: dict[str, Any]) -> float:
    """Show a slider or a number field with bounds of the value's type."""
    if not isinstance(control.step, int):
        how = {"format": "%g", **how}
    if control.kind == "slider":
        step = control.step or step_of(float(control.high or 0) - float(control.low or 0))
        return st.slider(label, control.low, control.high, start, step, **how)
    step = control.step or step_of(100 * (start or 1))
    return st.number_input(
        label, value=start, step=step, min_value=control.low, max_value=control.high, **how
    )
