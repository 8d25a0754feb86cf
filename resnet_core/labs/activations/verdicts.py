"""Verdict on the size of the branches beside the shortcuts. Arithmetic only."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from resnet_core.labs.events import Verdict
from resnet_core.labs.tools.intervals import side, spread


def verdict(label: str, blocks: int, ratios: Sequence[float]) -> Verdict:
    """Judge ||F|| / ||shortcut|| over the additions, which differ; a plain network has none."""
    if not blocks:
        return Verdict("none", {"label": label})
    if not ratios:
        return Verdict("plain", {"label": label, "blocks": blocks})
    finding = {-1: "small", 0: "undecided", 1: "large"}[side(fmean(ratios), spread(ratios), 1.0)]
    values = {"ratio": fmean(ratios), "low": min(ratios), "high": max(ratios)}
    return Verdict(finding, {"label": label, **values, "blocks": len(ratios)})
