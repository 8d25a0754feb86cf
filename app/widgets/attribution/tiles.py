"""Pictures in rows that wrap: a heading a row, a line under each picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

import streamlit as st

Size = Literal["large", "middle", "small"]
_STYLE = Path(__file__).with_name("tiles.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Tile:
    """One picture.

    Attributes:
        address: of the image; "" shows `note` in its place.
        title: in bold under it.
        lines: under the title, small.
        said: what a screen reader says.
    """

    address: str
    title: str
    lines: tuple[str, ...] = ()
    said: str = ""
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
    st.html(f"<style>{_STYLE}</style>{''.join(map(_row, rows))}")


def _row(row: Row) -> str:
    return (
        f'<section class="tile-row" style="border-color:{escape(row.colour)}">'
        f"<h3>{escape(row.heading)}</h3>"
        f'<div class="tiles {row.size}">{"".join(map(_tile, row.tiles))}</div></section>'
    )


def _tile(tile: Tile) -> str:
    lines = "".join(f"<span>{escape(line)}</span>" for line in tile.lines)
    said = escape(tile.said or tile.title)
    picture = f'<img src="{escape(tile.address)}" alt="{said}">'
    if not tile.address:
        picture = f'<div class="no-tile">{escape(tile.note)}</div>'
    title = f"<b>{escape(tile.title)}</b>" if tile.title else ""
    return f"<figure>{picture}<figcaption>{title}{lines}</figcaption></figure>"
