"""The activation browser: x, F(x) and their sum at a block, and the maps of any layer."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import theme
from app.figures import attribution
from app.language.texts import t
from app.page_state.controls import initial_value
from app.widgets.attribution.maps import Row, Tile, tiles
from app.widgets.attribution.state import AttributionPage
from resnet_core.labs.events import unpack
from resnet_core.labs.results.results import Result


def browser(result: Result, key: str) -> None:
    """Show a block of every network, and the chosen layer.

    Args:
        key: of the slider that chooses the block.
    """
    additions = result.tables.get("additions")
    if additions is not None:
        names = list(dict.fromkeys(additions["block"]))
        middle = names[len(names) // 2]
        block = st.select_slider(
            t("attribution.block"), names, value=initial_value(key, middle), key=key
        )
        _block(additions[additions["block"] == block])
        st.caption(t("attribution.parts_said"))
    table = result.tables.get("maps")
    if table is not None:
        for row in table.to_dict("records"):
            heading = f"{row['label']} · {row['layer']}"
            tiles([_channels(heading, row)])


def layer_choice(result: Result, page: AttributionPage) -> str:
    """Show the layers, and return the chosen one or ""."""
    table = result.tables.get("layers")
    if table is None:
        return page.state.layer
    names = ["", *dict.fromkeys(table["layer"])]
    sizes = {row["layer"]: row for row in table.to_dict("records")}
    key = page.key("layer")
    initial = initial_value(key, page.state.layer if page.state.layer in names else "")
    return st.selectbox(
        t("attribution.layer"),
        names,
        index=names.index(initial) if initial in names else 0,
        key=key,
        on_change=page.touch,
        format_func=lambda name: _layer_name(name, sizes),
    )


def _layer_name(name: str, sizes: dict[str, dict[str, Any]]) -> str:
    if not name:
        return t("attribution.no_layer")
    row = sizes[name]
    return f"{name} · {row['channels']} × {row['height']} × {row['width']}"


def _block(rows: pd.DataFrame) -> None:
    """A network's parts under each other, channel under channel."""
    for _, own in rows.groupby("run", sort=False):
        parts = own.to_dict("records")
        first = parts[0]
        st.markdown(f"**{first['label']}** · `{first['block']}`")
        tiles([_channels(_part_name(row), row) for row in parts])


def _part_name(row: dict[str, Any]) -> str:
    part = row["part"]
    return t("attribution.part_row", part=t(f"attribution.part.{part}"), std=row["std"])


def _channels(heading: str, row: dict[str, Any]) -> Row:
    """All maps of a tensor in one grey scale, from its least to its largest value."""
    steps = unpack(row)
    colour = theme.colour(str(row["family"]), int(row["depth"]), theme.is_dark())
    each = tuple(
        Tile(
            attribution.channel_address(channel),
            "",
            description=t("attribution.channel", n=number, of=int(row["channels"])),
        )
        for number, channel in enumerate(steps, start=1)
    )
    left = int(row["channels"]) - len(steps)
    more = t("attribution.more_channels", n=left) if left else ""
    span = t("attribution.span", low=row["low"], high=row["high"])
    return Row(f"{heading} · {span}{more}", each, colour, size="small")
