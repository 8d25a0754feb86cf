"""Files that browsers load beside Streamlit's own: plotly.js and the components' modules."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

PREFIX = "/playground-api"
_WIDGETS = Path(__file__).resolve().parents[1] / "widgets"
# Served side by side under one address, so no two modules may have the same name.
_FOLDERS = (_WIDGETS / "live_charts", _WIDGETS / "laboratory")


def static_names() -> frozenset[str]:
    return frozenset({"plotly.min.js", *_modules()})


@lru_cache(maxsize=1)
def static_version() -> str:
    """Return the hash of all files: modules import each other by relative paths."""
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(static_names()):
        digest.update(static_content(name))
    return digest.hexdigest()


def static_content(name: str) -> bytes:
    """Return a file's bytes; plotly.js is the one of the installed plotly package."""
    if name == "plotly.min.js":
        return (files("plotly") / "package_data" / name).read_bytes()
    return _modules()[name].read_bytes()


def _modules() -> dict[str, Path]:
    return {path.name: path for folder in _FOLDERS for path in folder.glob("*.mjs")}
