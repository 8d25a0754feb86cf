"""The form's controls: the three that matter, how many, and the rest behind "more"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import streamlit as st

from app.language.errors import explain
from app.language.texts import fault, t
from app.page_state.controls import Control
from app.page_state.page import Page
from app.widgets.experiment_form.draft import (
    ALL_FAMILIES,
    DEPTHS,
    LEFT_EMPTY,
    SEEDS,
    Draft,
    depths,
    unused,
)
from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import PRESETS
from resnet_core.specs.names import is_imagenet

Errors = dict[str, PlaygroundError]
FormPage = Page[Draft]

OTHER = "other"  # a depth that is not among those offered


class _Depth(Control):
    """The depths offered, and an option for any other depth, typed in a separate field."""

    def content(self, value: Any) -> Any:
        return value if value in self.options else OTHER

    def read(self, content: Any, before: Any) -> Any:
        return before if content == OTHER else content


@dataclass(frozen=True)
class Setting:
    """The control of an experiment's field, and when it matters.

    Attributes:
        needs: another field, and the values without which this one means nothing.
    """

    control: Control
    needs: tuple[str, tuple[Any, ...]] | None = None


def _choice(field: str, *needs: str, options: tuple[Any, ...] = ()) -> Setting:
    """Return a choice of the field's values; `needs` are another field and its values."""
    options = options or get_args(Experiment.model_fields[field].annotation)
    return _setting(Control("buttons", options), needs)


def _whole(step: int = 1, *needs: str) -> Setting:
    """Return a number without bounds: an invalid one stays as typed, with its error below."""
    return _setting(Control("number", step=step), needs)


def _text(*needs: str) -> Setting:
    """Return a text field, for rates, lists and what may be left empty."""
    return _setting(Control("text"), needs)


def _setting(control: Control, needs: tuple[str, ...]) -> Setting:
    return Setting(control, (needs[0], needs[1:]) if needs else None)


_SWITCH = Setting(Control("switch"))

# The three that matter are always in view.
MAIN: dict[str, Setting] = {
    "family": Setting(Control("buttons", ALL_FAMILIES)),
    "depth": Setting(_Depth("buttons", (*DEPTHS, OTHER))),
    "shortcut": _choice("shortcut", "family", "resnet", "preresnet", "highway", "imagenet/resnet"),
}

# The rest, tab by tab. `data` has a separate control, at the head of its tab.
GROUPS: dict[str, dict[str, Setting]] = {
    "network": {
        "width": _whole(),
        "block": _choice("block"),
        "layers_per_block": _choice("layers_per_block", "block", "basic", options=(1, 2, 3)),
        "stride_in": _choice("stride_in"),
        "activation": _choice("activation"),
        "initialization": _choice("initialization"),
        "option_a_padding": _choice("option_a_padding", "shortcut", "A"),
        "batch_norm": _SWITCH,
    },
    "data": {
        "image_size": _text(),
        "train_images": _text(),
        "test_images": _text(),
        "crop_padding": _whole(),
        "flip": _SWITCH,
        "validation": _SWITCH,
    },
    "recipe": {
        "iterations": _whole(100),
        "batch_size": _whole(32),
        "learning_rate": _text(),
        "schedule": _choice("schedule"),
        "milestones": _text("schedule", "milestones"),
        "plateau_evaluations": _whole(1, "schedule", "plateau"),
        "warmup": _choice("warmup"),
        "warmup_iterations": _whole(10, "warmup", "linear"),
        "momentum": _text(),
        "weight_decay": _text(),
        "seed": _whole(),
    },
    "telemetry": {
        "name": _text(),
        "record_every": _whole(10),
        "evaluate_every": _whole(50),
        "evaluation_images": _whole(100),
        "audit_every": _whole(100),
        "keep_checkpoints": _whole(),
    },
    "machine": {"precision": _choice("precision"), "device": _text()},
}

SETTINGS: dict[str, Setting] = {
    **MAIN,
    **{field: setting for group in GROUPS.values() for field, setting in group.items()},
}


def preset_row(page: FormPage) -> None:
    """Show a button for each preset; the one that the form was started from is marked."""
    st.caption(t("form.preset.label"))
    with st.container(horizontal=True, gap="small"):
        for name in PRESETS:
            st.button(
                t(f"form.preset.{name}.title"),
                key=f"preset.{name}",
                icon=":material/check:" if name == page.state.preset else None,
                help=t(f"form.preset.{name}.description"),
                on_click=lambda name=name: page.load(Draft.of_preset(name)),
            )


def main_controls(page: FormPage, errors: Errors, by_depth: str, by_shortcut: str) -> None:
    """Show family, depth and shortcut, and under two of them what other choices would cost."""
    family, depth, shortcut = st.columns([5, 6, 5], gap="medium")
    with family:
        _show(page, "family", errors)
    with depth:
        _show_depth(page, errors)
        st.caption(by_depth)
    with shortcut:
        _show(page, "shortcut", errors)
        st.caption(by_shortcut)


def how_many(page: FormPage) -> None:
    """Ask for the twin, and for how many seeds to train."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        page.control("twin", t("form.twin.label"), help=t("form.twin.help"))
        page.control(
            "seeds",
            t("form.seeds.label"),
            Control("buttons", tuple(range(1, SEEDS + 1))),
            help=t("form.seeds.help"),
        )


def more_controls(page: FormPage, errors: Errors, data_field: Callable[[], None]) -> None:
    """Show everything else, a tab for each group; open where there is an error, and as long as it
    is left open.

    While it is closed its controls are not built: they are two thirds of the page. The draft keeps
    what was typed into them.
    """
    at_fault = [group for group in GROUPS if group in {group_of(field) for field in errors}]
    key = f"{page.name}.more"
    if at_fault:
        st.session_state[key] = True
    more = st.expander(t("form.more"), key=key, icon=":material/tune:", on_change=page.touch)
    if not more.open:
        return
    with more:
        first = t(f"form.group.{at_fault[0]}") if at_fault else None
        tabs = st.tabs([t(f"form.group.{group}") for group in GROUPS], default=first)
        for tab, (group, fields) in zip(tabs, GROUPS.items(), strict=True):
            with tab:
                if group == "data":
                    data_field()
                with st.grid(min_column_width=230, gap="medium"):
                    for field in fields:
                        with st.container():
                            _show(page, field, errors)


def complaint(error: PlaygroundError | None) -> None:
    """Show what is wrong, if anything, in a sentence beneath a control."""
    if error is not None:
        st.markdown(fault(explain(error)))


def faults(errors: Errors) -> str:
    """Return the fields at fault, and behind which tab they stand: "Learning rate (Recipe)"."""
    named = []
    for field in errors:
        group = group_of(field)
        named.append(f"{label(field)} ({t(f'form.group.{group}')})" if group else label(field))
    return ", ".join(named)


def group_of(field: str) -> str | None:
    """Return the tab that a field stands behind; None for the three that are always in view."""
    if field == "data":
        return "data"
    return next((name for name, fields in GROUPS.items() if field in fields), None)


def control_of(field: str) -> str:
    """Return the control that an error about a field of `Experiment` is shown beside."""
    return "depth" if field == "network" else field


def label(field: str) -> str:
    return t(f"form.field.{field}.label")


def option(field: str, value: Any) -> str:
    """Return the reader's name for one of a field's values; numbers are called by their digits."""
    if isinstance(value, int):
        return str(value)
    word = str(value).replace("/", "-")  # "imagenet/resnet"
    return t(f"form.option.{field}.{word}")


def value_text(field: str, value: object) -> str:
    """Return a setting's value as a reader knows it."""
    if isinstance(value, bool):
        return t("train.cost.on") if value else t("train.cost.off")
    if field in SETTINGS and SETTINGS[field].control.kind == "buttons":
        return option(field, value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "–" if value in (None, "") else str(value)


def _show(page: FormPage, field: str, errors: Errors) -> None:
    """Show the field's control and what is wrong with it."""
    setting = SETTINGS[field]
    how: dict[str, Any] = {"help": _help(field), "disabled": not _matters(page.state, field)}
    if setting.control.kind == "buttons":
        how["format_func"] = lambda value: option(field, value)
    if field in LEFT_EMPTY:
        how["placeholder"] = t(f"form.empty.{field}")
    page.control(field, label(field), setting.control, **how)
    complaint(errors.get(field))


def _show_depth(page: FormPage, errors: Errors) -> None:
    """Show the family's depths; for CIFAR's families any other can be typed."""
    family = str(page.state.value("family"))
    imagenet = is_imagenet(family)
    control = Control("buttons", depths(family)) if imagenet else MAIN["depth"].control
    key = f"depth.{family}" if imagenet else "depth"
    page.control(
        "depth",
        label("depth"),
        control,
        key=key,
        help=_help("depth"),
        format_func=lambda value: option("depth", value),
    )
    if st.session_state[page.key(key)] == OTHER:
        number = Control("number", step=6)
        page.control("depth", t("form.other_depth"), number, key="other_depth")
    complaint(errors.get("depth"))


def _matters(draft: Draft, field: str) -> bool:
    if field in unused({name: draft.value(name) for name in ("family", "block")}):
        return False
    needs = SETTINGS[field].needs
    return needs is None or draft.value(needs[0]) in needs[1]


def _help(field: str) -> str:
    text = t(f"form.field.{field}.help")
    info = Experiment.model_fields.get(field)
    if info is None or info.default in (None, "", "auto") or isinstance(info.default, bool):
        return text
    default = info.default
    number = isinstance(default, int) and SETTINGS[field].control.kind != "buttons"
    value = f"{default:,}" if number else value_text(field, default)
    return f"{text} ({t('form.default', value=value)})"
