"""The maps of one picture, network under network, method beside method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import theme
from app.figures import attribution
from app.texts import t
from app.widgets.attribution.tiles import Row, Tile, tiles
from resnet_core.labs.packed import unpack
from resnet_core.labs.results import Result


def maps(result: Result, iteration: int | None = None, outline: bool = True) -> None:
    """Show what has come so far.

    Args:
        iteration: the moment of training, or None for the networks as they are now.
        outline: draw the shape's outline over the maps, where it is known.
    """
    pictures, scores = result.tables.get("pictures"), result.tables.get("scores")
    if pictures is None or scores is None:
        st.caption(t("attribution.waiting"))
        return
    waited = tuple(result.order.settings.methods)  # type: ignore[attr-defined]
    drawn = result.tables.get("maps", pd.DataFrame(columns=["run", "iteration", "method"]))
    rows = []
    for picture in pictures.to_dict("records"):
        moment = _at(scores[scores["run"] == picture["run"]], iteration)
        if moment is None:
            continue
        own = drawn[(drawn["run"] == picture["run"]) & (drawn["iteration"] == moment["iteration"])]
        found = {row["method"]: row for row in own.to_dict("records")}
        rows.append(_row(picture, moment, found, waited, outline))
    tiles(rows)


def scale() -> None:
    """The one colour scale, in words."""
    bar = f'<i style="background:{attribution.gradient(theme.is_dark())}"></i>'
    ends = [t(f"attribution.scale.{end}") for end in ("against", "speaks_for")]
    st.html(f'<div class="colour-scale"><span>{ends[0]}</span>{bar}<span>{ends[1]}</span></div>')
    st.caption(t("attribution.scale.said"))


def iterations(result: Result) -> list[int]:
    """The moments of training for which there are maps, rising."""
    drawn = result.tables.get("maps")
    return [] if drawn is None else sorted(int(value) for value in drawn["iteration"].unique())


def _at(scores: pd.DataFrame, iteration: int | None) -> dict[str, Any] | None:
    """The row of the moment, or of the last one before it; None where there is none yet."""
    if iteration is not None:
        earlier = scores[scores["iteration"] <= iteration]
        scores = earlier if len(earlier) else scores
    if not len(scores):
        return None
    row: dict[str, Any] = scores.loc[scores["iteration"].idxmax()].to_dict()
    return row


def _row(
    picture: Mapping[str, Any],
    moment: Mapping[str, Any],
    found: Mapping[str, Mapping[str, Any]],
    methods: tuple[str, ...],
    outline: bool,
) -> Row:
    dark = theme.is_dark()
    mask = unpack(picture, "mask_") if picture["mask_data"] else None
    shown = mask if outline else None
    first = Tile(
        attribution.picture_address(unpack(picture), dark, shown),
        t("attribution.shows", name=picture["truth"]) if picture["truth"] else t("attribution.own"),
        (t("attribution.predicted", name=moment["predicted"], percent=moment["probability"]),),
    )
    each = [_tile(name, found.get(name), dark, shown) for name in methods]
    heading = t(
        "attribution.row",
        label=picture["label"],
        name=moment["target_class"],
        percent=moment["target_probability"],
        iteration=int(moment["iteration"]),
    )
    colour = theme.colour(str(picture["family"]), int(picture["depth"]), dark)
    return Row(heading, (first, *each), colour)


def _tile(method: str, row: Mapping[str, Any] | None, dark: bool, mask: np.ndarray | None) -> Tile:
    title = t(f"attribution.method.{method}")
    if row is None:
        return Tile("", title, note=t("attribution.computing"))
    reason = row["reason"]
    if reason:
        return Tile("", title, note=t(f"attribution.reason.{reason}"))
    return Tile(attribution.map_address(unpack(row), dark, mask), title, tuple(_lines(row)))


def _lines(row: Mapping[str, Any]) -> list[str]:
    """What can be said of a map in numbers."""
    lines = [t("attribution.largest", value=f"{row['largest']:.3g}")]
    if _known(row["percent"]):
        lines.append(t("attribution.delta", percent=row["percent"]))
        if row["steps"] > 1:
            lines.append(t("attribution.steps", n=int(row["steps"])))
    elif _known(row["delta"]):
        lines.append(t("attribution.no_delta"))
    if _known(row["inside"]):
        lines.append(t("attribution.inside", percent=100 * row["inside"], area=100 * row["area"]))
        where = "inside" if row["points"] else "outside"
        lines.append(t(f"attribution.points.{where}"))
    if row["layer"]:
        lines.append(t("attribution.at_layer", layer=row["layer"]))
    return lines


def _known(value: Any) -> bool:
    return value is not None and value == value
