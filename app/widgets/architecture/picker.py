"""Which networks stand side by side: a kind for each, CIFAR's depth, and the shortcuts' option."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st

from app.language.errors import explain
from app.language.markdown import fault
from app.language.texts import t
from app.page_state.controls import Control, show
from app.widgets.architecture.networks import KINDS, kind, title
from app.widgets.architecture.state import MOST, ArchitecturePage
from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import DEEPEST, STAGES, NetworkSpec, Shortcut, StrideIn
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec, spec_of

NONE = ""
_DEPTH = 20  # of a CIFAR network that has just been chosen


def picker(page: ArchitecturePage) -> None:
    """Show the choices, and take over what they hold."""
    chosen: list[Spec] = []
    for place, column in enumerate(st.columns(MOST, gap="medium")):
        with column:
            present = page.state.networks[place] if place < len(page.state.networks) else None
            spec = _pick(page, place, present)
        if spec is not None:
            chosen.append(spec)
    if tuple(chosen) != page.state.networks:
        # What was chosen and opened belongs to networks that may not be there any more.
        page.change(networks=tuple(chosen), blocks=(), open=frozenset())


def _pick(page: ArchitecturePage, place: int, spec: Spec | None) -> Spec | None:
    options = KINDS if place == 0 else (NONE, *KINDS)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name: str = show(
            Control("list", options),
            t("architecture.network", number=place + 1),
            page.key(f"kind.{place}"),
            kind(spec) if spec else NONE,
            format_func=_kind_title,
            on_change=page.touch,
        )
        if name == NONE:
            return None
        same = spec if spec is not None and kind(spec) == name else None
        if name.startswith("imagenet/"):
            return _imagenet(page, place, name, same)
        return _cifar(page, place, name.removeprefix("cifar/"), same)


def _imagenet(page: ArchitecturePage, place: int, name: str, present: Spec | None) -> Spec:
    spec = present if isinstance(present, ImageNetSpec) else spec_of(name)
    assert isinstance(spec, ImageNetSpec)
    settings: dict[str, Any] = {}
    if spec.has_shortcuts:
        with st.popover(t("architecture.options")):
            settings["shortcut"] = _option(page, place, spec)
            if spec.block == "bottleneck":
                settings["stride_in"] = _choice(
                    page, f"stride.{place}.{name}", "stride_in", get_args(StrideIn), spec.stride_in
                )
    return spec_of(name, **settings)


def _cifar(page: ArchitecturePage, place: int, family: str, present: Spec | None) -> Spec:
    """A depth, which must be one that there is; else the nearest below, and the reason."""
    spec = present if isinstance(present, NetworkSpec) else spec_of(f"cifar/{family}-{_DEPTH}")
    assert isinstance(spec, NetworkSpec)
    step = STAGES * spec.layers_per_block
    depth = show(
        Control("number", low=STAGES * 2 + 2, high=DEEPEST, step=step),
        t("architecture.depth"),
        page.key(f"depth.{place}.{family}"),
        spec.depth,
        width=130,
        on_change=page.touch,
    )
    settings: dict[str, Any] = {}
    with st.popover(t("architecture.options")):
        if spec.has_shortcuts:
            settings["shortcut"] = _option(page, place, spec)
        settings["block"] = _choice(
            page, f"block.{place}.{family}", "block", ("basic", "bottleneck"), spec.block
        )
    try:
        return spec_of(f"cifar/{family}-{int(depth)}", **settings)
    except InvalidSetting as error:
        st.markdown(fault(explain(error)))
    step = STAGES * (3 if settings["block"] == "bottleneck" else 2)
    nearest = max(step + 2, int(depth) - (int(depth) - 2) % step)
    return spec_of(f"cifar/{family}-{nearest}", **settings)


def _option(page: ArchitecturePage, place: int, spec: Spec) -> str:
    """Option A, B or C; the kind in the key, for each kind begins with its own."""
    name = f"shortcut.{place}.{kind(spec)}"
    return _choice(page, name, "shortcut", get_args(Shortcut), spec.shortcut)


def _choice(
    page: ArchitecturePage, name: str, field: str, options: tuple[str, ...], now: str
) -> str:
    value: str = show(
        Control("buttons", options),
        t(f"architecture.option.{field}"),
        page.key(name),
        now,
        help=t(f"architecture.option.{field}_help"),
        on_change=page.touch,
    )
    return value


def _kind_title(name: str) -> str:
    if name == NONE:
        return t("architecture.none")
    if name.startswith("imagenet/"):
        return title(spec_of(name))
    return t("architecture.of_cifar", family=_family(name.removeprefix("cifar/")))


def _family(name: str) -> str:
    return t(f"architecture.family.{name}")
