"""The files that browsers load beside Streamlit's own: plotly.js and the components' modules."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

PREFIX = "/playground-api"
_WIDGETS = Path(__file__).resolve().parents[1] / "widgets"
# Served side by side under one address, so no two modules may bear the same name.
_MODULES = (_WIDGETS / "live_charts", _WIDGETS / "laboratory")


def static_names() -> frozenset[str]:
    return frozenset({"plotly.min.js", *_modules()})


def static_version() -> str:
    """One version for all files: modules import each other by relative paths."""
    return _version()


def plotly_script() -> bytes:
    """plotly.js as the installed plotly package brings it along."""
    return (files("plotly") / "package_data" / "plotly.min.js").read_bytes()


@lru_cache(maxsize=16)
def static_file(name: str) -> tuple[bytes, str]:
    """A file's content, and the version that its address has."""
    return _content(name), _version()


def _content(name: str) -> bytes:
    return plotly_script() if name == "plotly.min.js" else _modules()[name].read_bytes()


def _modules() -> dict[str, Path]:
    return {path.name: path for folder in _MODULES for path in folder.glob("*.mjs")}


@lru_cache(maxsize=1)
def _version() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(static_names()):
        digest.update(_content(name))
    return digest.hexdigest()
