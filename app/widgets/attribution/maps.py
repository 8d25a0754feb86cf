"""The maps of one picture, network under network, method beside method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from app import theme
from app.figures import attribution
from app.language.texts import t
from app.page_data.runs import find_runs
from resnet_core.labs.events import unpack
from resnet_core.labs.results.results import Result
from resnet_core.runs.record import ACTIVE


def maps(result: Result, iteration: int | None = None, outline: bool = True) -> None:
    """Show the maps computed so far.

    Args:
        iteration: the moment of training, or None for the networks as they are now.
        outline: draw the shape's outline over the maps, where there is one.
    """
    methods = tuple(result.request.settings.methods)  # type: ignore[attr-defined]
    empty = pd.DataFrame(columns=["run", "iteration", "method"])
    pictures, scores, drawn = (
        result.tables.get(name, empty) for name in ("pictures", "scores", "maps")
    )
    rows = []
    for run_id in result.request.runs:
        picture = pictures[pictures["run"] == run_id].to_dict("records")
        moment = _at(scores[scores["run"] == run_id], iteration)
        if not picture or moment is None:
            rows.append(_awaited(run_id, methods, result.state in ACTIVE))
            continue
        own = drawn[(drawn["run"] == run_id) & (drawn["iteration"] == moment["iteration"])]
        by_method = {row["method"]: row for row in own.to_dict("records")}
        rows.append(_row(picture[0], moment, by_method, methods, outline))
    tiles(rows)


def scale() -> None:
    """Show the colour scale with its ends in words."""
    bar = f'<i style="background:{attribution.gradient(theme.is_dark())}"></i>'
    ends = [t(f"attribution.scale.{end}") for end in ("against", "speaks_for")]
    st.html(f'<div class="colour-scale"><span>{ends[0]}</span>{bar}<span>{ends[1]}</span></div>')


def iterations(result: Result) -> list[int]:
    """Return the moments of training for which there are maps, rising."""
    drawn = result.tables.get("maps")
    return [] if drawn is None else sorted(int(value) for value in drawn["iteration"].unique())


def _at(scores: pd.DataFrame, iteration: int | None) -> dict[str, Any] | None:
    """Return the row of the moment, or of the last one before it; None where there is none yet."""
    if iteration is not None:
        earlier = scores[scores["iteration"] <= iteration]
        scores = earlier if len(earlier) else scores
    if not len(scores):
        return None
    row: dict[str, Any] = scores.loc[scores["iteration"].idxmax()].to_dict()
    return row


def _awaited(run_id: str, methods: tuple[str, ...], active: bool) -> Row:
    """Return a row of the final size for maps that are not computed yet."""
    records, _ = find_runs([run_id])
    note = t("attribution.computing") if active else ""
    each = [Tile("", t(f"attribution.method.{method}"), note=note) for method in methods]
    heading = records[0].title if records else run_id
    return Row(heading, (Tile("", t("attribution.waiting") if active else ""), *each))


def _row(
    picture: Mapping[str, Any],
    moment: Mapping[str, Any],
    by_method: Mapping[str, Mapping[str, Any]],
    methods: tuple[str, ...],
    outline: bool,
) -> Row:
    dark = theme.is_dark()
    mask = unpack(picture, "mask_") if picture["mask_data"] else None
    outlined = mask if outline else None
    first = Tile(
        attribution.picture_address(unpack(picture), dark, outlined),
        t("attribution.shows", name=picture["truth"]) if picture["truth"] else t("attribution.own"),
        (t("attribution.predicted", name=moment["predicted"], percent=moment["probability"]),),
    )
    each = [_tile(name, by_method.get(name), dark, outlined) for name in methods]
    values = {
        "label": picture["label"],
        "name": moment["target_class"],
        "percent": moment["target_probability"],
        "iteration": int(moment["iteration"]),
    }
    records, _ = find_runs([picture["run"]])
    # The number of iterations of an imported network is unknown.
    imported = any(run.imported for run in records)
    heading = t("attribution.row_imported" if imported else "attribution.row", **values)
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
    """Return the map's numbers in words."""
    lines = [t("attribution.largest", value=f"{row['largest']:.3g}")]
    if _is_number(row["percent"]):
        lines.append(t("attribution.delta", percent=row["percent"]))
        if row["steps"] > 1:
            lines.append(t("attribution.steps", n=int(row["steps"])))
    elif _is_number(row["delta"]):
        lines.append(t("attribution.no_delta"))
    if _is_number(row["inside"]):
        lines.append(t("attribution.inside", percent=100 * row["inside"], area=100 * row["area"]))
        where = "inside" if row["points"] else "outside"
        lines.append(t(f"attribution.points.{where}"))
    if row["layer"]:
        lines.append(t("attribution.at_layer", layer=row["layer"]))
    return lines


def _is_number(value: Any) -> bool:
    return value is not None and value == value


def all_moments(result: Result) -> None:
    """Show a row for each method and network, from before training to its end."""
    drawn: pd.DataFrame | None = result.tables.get("maps")
    if drawn is None:
        return
    scores = result.tables["scores"].set_index(["run", "iteration"])["target_probability"]
    with st.expander(t("attribution.all_moments"), icon=":material/view_carousel:"):
        rows = []
        for _, part in drawn[drawn["reason"] == ""].groupby(["method", "run"], sort=False):
            moments = part.sort_values("iteration").to_dict("records")
            each = [
                _moment_tile(row, scores.loc[(row["run"], row["iteration"])]) for row in moments
            ]
            rows.append(_moment_row(moments[0], each))
        tiles(rows)


def moment(iteration: int) -> str:
    """Return the label of a point in training."""
    return t("attribution.after", n=f"{iteration:,}") if iteration else t("attribution.before")


def _moment_row(first: dict[str, Any], each: list[Tile]) -> Row:
    colour = theme.colour(str(first["family"]), int(first["depth"]), theme.is_dark())
    method = t(f"attribution.method.{first['method']}")
    heading = f"{method} · {first['label']}"
    return Row(heading, tuple(each), colour, size="middle")


def _moment_tile(row: dict[str, Any], percent: float) -> Tile:
    address = attribution.map_address(unpack(row), theme.is_dark())
    return Tile(address, "", (moment(int(row["iteration"])), f"{percent:.0f} %"))


Size = Literal["large", "middle", "small"]
_STYLE = Path(__file__).with_name("tiles.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Tile:
    """One picture.

    Attributes:
        address: of the image; "" shows `note` in its place.
        title: in bold under it.
        lines: under the title, small.
        description: the image's text for screen readers; its title by default.
    """

    address: str
    title: str
    lines: tuple[str, ...] = ()
    description: str = ""
    note: str = ""


@dataclass(frozen=True)
class Row:
    """Pictures of one network; `colour` is its family's."""

    heading: str
    tiles: tuple[Tile, ...]
    colour: str = "transparent"
    size: Size = "large"


def tiles(rows: Sequence[Row]) -> None:
    """Show the rows; everything but the style is escaped."""
    st.html(f"<style>{_STYLE}</style>{''.join(map(_row_html, rows))}")


def _row_html(row: Row) -> str:
    return (
        f'<section class="tile-row" style="border-color:{escape(row.colour)}">'
        f"<h3>{escape(row.heading)}</h3>"
        f'<div class="tiles {row.size}">{"".join(map(_tile_html, row.tiles))}</div></section>'
    )


def _tile_html(tile: Tile) -> str:
    lines = "".join(f"<span>{escape(line)}</span>" for line in tile.lines)
    description = escape(tile.description or tile.title)
    picture = f'<img src="{escape(tile.address)}" alt="{description}">'
    if not tile.address:
        picture = f'<div class="no-tile">{escape(tile.note)}</div>'
    title = f"<b>{escape(tile.title)}</b>" if tile.title else ""
    return f"<figure>{picture}<figcaption>{title}{lines}</figcaption></figure>"
