"""How much of one picture's attribution lies inside the shape, a bar a method."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app.figures.labs.inside import bars
from app.language.texts import Speaker
from resnet_core.labs.attribution.question import Settings


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figure inside, where there is a mask; of the networks as they are now."""
    table = tables.get("maps")
    if table is None:
        return {}
    known = table[table["inside"].notna()]
    if not len(known):
        return {}
    latest = known[known["iteration"] == known.groupby("run")["iteration"].transform("max")]
    shares = latest.assign(inside=100 * latest["inside"].astype(float))
    area = 100 * float(known["area"].iloc[0])
    return {"inside": bars(shares, "inside", area, say, dark)}
