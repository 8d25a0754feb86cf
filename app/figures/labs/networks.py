"""The rows of a table by network, each with its label and colour."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from app import theme


def networks(table: pd.DataFrame, dark: bool) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Label, colour and rows of each network, in the order in which they came."""
    for _, rows in table.groupby("run", sort=False):
        first = rows.iloc[0]
        colour = theme.colour(str(first["family"]), int(first["depth"]), dark)
        yield str(first["label"]), colour, rows
