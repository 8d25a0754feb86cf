"""The laboratories in the order of the lesson."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from resnet_core.labs import catalog

# Each asks what the one before leaves open.
CHAPTERS: dict[str, tuple[str, ...]] = {
    "puzzle": ("graft", "depth"),
    "suspects": ("court", "sweep", "exploding", "start", "convergence"),
    "idea": ("microscope", "dial", "forward", "backward"),
    "afterwards": (
        *("paths", "lesion", "ensemble", "shattered"),
        *("landscape", "gates", "transfer"),
    ),
}


def chapters(names: Sequence[str]) -> dict[str, list[str]]:
    """Return these laboratories by chapter; one that has no place is in the last chapter."""
    placed = {name for chapter in CHAPTERS.values() for name in chapter}
    path = {
        chapter: [name for name in order if name in names] for chapter, order in CHAPTERS.items()
    }
    path["afterwards"] += [name for name in names if name not in placed]
    return path


def following(name: str) -> str:
    """Return the laboratory after this one on the path, "" after the last."""
    path = [one for chapter in chapters(catalog.NAMES).values() for one in chapter]
    return dict(itertools.pairwise(path)).get(name, "")
