"""Controls that choose the networks: kind, depth on CIFAR, and shortcut option."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st

from app.language.errors import explain
from app.language.texts import fault, t
from app.page_state.controls import initial_value
from app.widgets.architecture.state import KINDS, MOST, ArchitecturePage, kind, title
from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import DEEPEST, STAGES, NetworkSpec, Shortcut, StrideIn
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec, spec_of

NONE = ""
_DEPTH = 20  # of a CIFAR network that has just been selected


def picker(page: ArchitecturePage) -> None:
    """Show the choices, and store their values in the state."""
    specs: list[Spec] = []
    for place, column in enumerate(st.columns(MOST, gap="medium")):
        with column:
            current = page.state.networks[place] if place < len(page.state.networks) else None
            spec = _pick(page, place, current)
        if spec is not None:
            specs.append(spec)
    page.change(networks=tuple(specs))


def _pick(page: ArchitecturePage, place: int, current: Spec | None) -> Spec | None:
    options = list(KINDS) if place == 0 else [NONE, *KINDS]
    key = page.key(f"kind.{place}")
    start = initial_value(key, kind(current) if current else NONE)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.selectbox(
            t("architecture.network", number=place + 1),
            options,
            index=options.index(start),
            format_func=_kind_title,
            key=key,
            on_change=page.touch,
        )
        if name == NONE:
            return None
        usual = current if current is not None and kind(current) == name else None
        if name.startswith("imagenet/"):
            return _imagenet(page, place, name, usual)
        return _cifar(page, place, name.removeprefix("cifar/"), usual)


def _imagenet(page: ArchitecturePage, place: int, name: str, current: Spec | None) -> Spec:
    spec = current if isinstance(current, ImageNetSpec) else spec_of(name)
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


def _cifar(page: ArchitecturePage, place: int, family: str, current: Spec | None) -> Spec:
    """Show the depth and return its network, or an error and the network of a valid depth."""
    spec = current if isinstance(current, NetworkSpec) else spec_of(f"cifar/{family}-{_DEPTH}")
    assert isinstance(spec, NetworkSpec)
    key = page.key(f"depth.{place}.{family}")
    step = STAGES * spec.layers_per_block
    depth = st.number_input(
        t("architecture.depth"),
        min_value=STAGES * 2 + 2,
        max_value=DEEPEST,
        value=initial_value(key, spec.depth),
        step=step,
        width=130,
        key=key,
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
    """Show options A, B and C; the key has the kind, as each kind has its own initial value."""
    name = f"shortcut.{place}.{kind(spec)}"
    return _choice(page, name, "shortcut", get_args(Shortcut), spec.shortcut)


def _choice(
    page: ArchitecturePage, name: str, field: str, options: tuple[str, ...], now: str
) -> str:
    key = page.key(name)
    option: str = st.segmented_control(
        t(f"architecture.option.{field}"),
        options,
        default=initial_value(key, now),
        required=True,
        key=key,
        on_change=page.touch,
        help=t(f"architecture.option.{field}_help"),
    )
    return option


def _kind_title(name: str) -> str:
    if name == NONE:
        return t("architecture.none")
    if name.startswith("imagenet/"):
        return title(spec_of(name))
    return t("architecture.of_cifar", family=_family(name.removeprefix("cifar/")))


def _family(name: str) -> str:
    return t(f"architecture.family.{name}")
