"""A range around a curve: over seeds, or of an error."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app import theme
from app.figures import look
from app.figures.series import Floats


def band(
    x: NDArray[Any], low: Floats, high: Floats, group: str, colour: str, **more: Any
) -> go.Scatter:
    """One closed outline, filled; places without a range are left out.

    Args:
        group: the curve's group in the legend, which hides both.
    """
    there = ~(np.isnan(low) | np.isnan(high))
    x, low, high = x[there], low[there], high[there]
    return go.Scatter(
        x=look.rounded(np.concatenate([x, x[::-1]]), 7),
        y=look.rounded(np.concatenate([low, high[::-1]])),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=theme.translucent(colour, 0.18),
        legendgroup=group,
        showlegend=False,
        hoverinfo="skip",
        **more,
    )
