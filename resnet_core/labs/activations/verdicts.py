"""Verdict on the size of the branches beside the shortcuts. Arithmetic only."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from resnet_core.labs.events import Verdict


def verdict(label: str, blocks: int, ratios: Sequence[float]) -> Verdict:
    """Judge ||F|| / ||shortcut|| of every addition; a plain network has none."""
    if not blocks:
        return Verdict("none", {"label": label})
    if not ratios:
        return Verdict("plain", {"label": label, "blocks": blocks})
    ratio = fmean(ratios)
    finding = "small" if ratio < 1 else "large"
    return Verdict(finding, {"label": label, "ratio": ratio, "blocks": len(ratios)})
