"""Maps of one picture: each method's for each network, through training, and the activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from app.page_state.controls import Control, show
from app.widgets.attribution.state import AttributionPage
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
    return Row(heading, (first, *each), _colour(picture))


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

    def lines(row: Mapping[str, Any]) -> tuple[str, ...]:
        percent = scores.loc[(row["run"], row["iteration"])]
        return moment(int(row["iteration"])), f"{percent:.0f} %"

    with st.expander(t("attribution.all_moments"), icon=":material/view_carousel:"):
        usable = drawn[drawn["reason"] == ""]
        tiles(_map_rows(usable, ["method", "run"], "{method} · {label}", lines, "middle"))


def strip(result: Result) -> None:
    """Show the picture's maps while weights become random, a row for each network and method."""
    drawn: pd.DataFrame | None = result.tables.get("maps")
    if drawn is None:
        return

    def lines(row: Mapping[str, Any]) -> tuple[str, ...]:
        return (row["layer"] or t("attribution.whole"),)

    with st.expander(t("attribution.strip"), expanded=True):
        tiles(_map_rows(drawn, ["label", "method"], "{label} · {method}", lines, "small"))


def _map_rows(
    drawn: pd.DataFrame,
    by: list[str],
    heading: str,
    lines: Callable[[Mapping[str, Any]], tuple[str, ...]],
    size: Size,
) -> list[Row]:
    """Return a row of maps for each value of the columns `by`.

    Args:
        heading: the row's, with the placeholders `method` and `label`.
        lines: of the text under a map.
    """
    rows = []
    for _, part in drawn.groupby(by, sort=False):
        records = sorted(part.to_dict("records"), key=lambda row: row.get("iteration", 0))
        first, dark = records[0], theme.is_dark()
        each = [Tile(attribution.map_address(unpack(row), dark), "", lines(row)) for row in records]
        method = t(f"attribution.method.{first['method']}")
        title = heading.format(method=method, label=first["label"])
        rows.append(Row(title, tuple(each), _colour(first), size))
    return rows


def _colour(network: Mapping[str, Any]) -> str:
    return theme.colour(str(network["family"]), int(network["depth"]), theme.is_dark())


def moment(iteration: int) -> str:
    """Return the label of a point in training."""
    return t("attribution.after", n=f"{iteration:,}") if iteration else t("attribution.before")


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
        f"<h2>{escape(row.heading)}</h2>"
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


def browser(result: Result, key: str) -> None:
    """Show a block of every network, and the chosen layer.

    Args:
        key: of the slider that chooses the block.
    """
    additions = result.tables.get("additions")
    if additions is not None:
        names = list(dict.fromkeys(additions["block"]))
        middle = names[len(names) // 2]
        block = show(Control("stops", tuple(names)), t("attribution.block"), key, middle)
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
    layer: str = page.show(
        "layer",
        t("attribution.layer"),
        Control("list", tuple(names)),
        page.state.layer if page.state.layer in names else "",
        format_func=lambda name: _layer_name(name, sizes),
    )
    return layer


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
    return Row(f"{heading} · {span}{more}", each, _colour(row), size="small")
