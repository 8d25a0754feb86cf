"""The names of ImageNet's classes, by the WordNet ids that their folders have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).resolve().parents[2] / "assets" / "imagenet_classes.tsv"
_ID = re.compile(r"n\d{8}")


@lru_cache(maxsize=1)
def ids() -> tuple[str, ...]:
    """Return the WordNet ids of the 1000 classes, in the order of a network's outputs."""
    return tuple(_names())


def titled(name: str) -> str:
    """Return "tench (n01440764)" for a WordNet id that is known, and any other name as it is."""
    known = _names().get(name) if _ID.fullmatch(name) else None
    return f"{known} ({name})" if known else name


def outputs(classes: Sequence[str]) -> tuple[int, ...] | None:
    """Return the outputs of a network of 1000 classes that folders of these names mean, or None."""
    place = {name: output for output, name in enumerate(ids())}
    if not classes or any(name not in place for name in classes):
        return None
    return tuple(place[name] for name in classes)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if line and not line.startswith("#"))
