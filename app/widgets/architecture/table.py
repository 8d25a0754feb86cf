"""A small table of figures that is text on the page, and scrolls by itself where it is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

_STYLE = """<style>
.pg-table { overflow-x: auto; }
.pg-table table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.93rem; }
.pg-table :is(th, td) { padding: 0.3rem 0.8rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.pg-table :is(th, td):first-child { text-align: left; padding-left: 0; }
.pg-table th { font-weight: 600; }
.pg-table thead th { opacity: 0.75; font-weight: 500; }
.pg-table.small table { font-size: 0.84rem; width: 100%; }
.pg-table.small :is(th, td) { padding: 0.12rem 0.32rem; }
.pg-table.small th { font-weight: 500; }
.pg-table.small :is(th, td):first-child { padding-left: 0; }
</style>"""  # noqa: E501


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    label: str = "",
    small: bool = False,
) -> None:
    """Show rows of texts; the first of each is its name, the others are figures.

    Args:
        small: for many rows beside other things.
        label: says what the table shows to those who do not see it.
    """
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in headings)
    body = "".join(_row(row) for row in rows)
    named = f' aria-label="{escape(label)}"' if label else ""
    style = "pg-table small" if small else "pg-table"
    st.html(
        f'{_STYLE}<div class="{style}" tabindex="0" role="region"{named}><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str]) -> str:
    name, *figures = cells
    rest = "".join(f"<td>{escape(text)}</td>" for text in figures)
    return f'<tr><th scope="row">{escape(name)}</th>{rest}</tr>'
