"""All moments of training of which there are maps, side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import theme
from app.figures import attribution
from app.language.texts import t
from app.widgets.attribution.tiles import Row, Tile, tiles
from resnet_core.labs.results.results import Result
from resnet_core.labs.tools.columns import unpack


def all_moments(result: Result) -> None:
    """A row a method and network, from before training to its end, as far as they have come."""
    drawn: pd.DataFrame | None = result.tables.get("maps")
    if drawn is None:
        return
    scores = result.tables["scores"].set_index(["run", "iteration"])["target_probability"]
    with st.expander(t("attribution.all_moments"), icon=":material/view_carousel:"):
        rows = []
        for _, part in drawn[drawn["reason"] == ""].groupby(["method", "run"], sort=False):
            shown = part.sort_values("iteration").to_dict("records")
            each = [_tile(row, scores.loc[(row["run"], row["iteration"])]) for row in shown]
            rows.append(_row(shown[0], each))
        tiles(rows)


def moment(iteration: int) -> str:
    """What a moment of training is called."""
    return t("attribution.after", n=f"{iteration:,}") if iteration else t("attribution.before")


def _row(first: dict[str, Any], each: list[Tile]) -> Row:
    colour = theme.colour(str(first["family"]), int(first["depth"]), theme.is_dark())
    method = t(f"attribution.method.{first['method']}")
    heading = f"{method} · {first['label']}"
    return Row(heading, tuple(each), colour, size="middle")


def _tile(row: dict[str, Any], percent: float) -> Tile:
    address = attribution.map_address(unpack(row), theme.is_dark())
    return Tile(address, "", (moment(int(row["iteration"])), f"{percent:.0f} %"))
