"""Every method's scores against the masks, over many images."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app.figures.labs.inside import bars
from app.language.texts import Speaker
from resnet_core.labs.masks.question import Settings


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures inside and pointing, with standard errors over the images."""
    table = tables.get("scores")
    if table is None or not len(table):
        return {}
    chance = float(table["area"].iloc[0])
    return {
        column: bars(table, column, chance, say, dark, error=f"{column}_error")
        for column in ("inside", "pointing")
    }
