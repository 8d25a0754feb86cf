"""The code that trains, as it is on disk, beside what it does.

Read with `ast` and never imported: it would bring torch into the web process.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import streamlit as st

from app.language.texts import t

ROOT = Path(__file__).resolve().parents[2]
_BLOCKS = "resnet_core/networks/blocks.py"

BLOCK_CLASSES: dict[str, str] = {
    "plain": "PlainBlock",
    "resnet": "ResidualBlock",
    "highway": "HighwayBlock",
    "preresnet": "PreActivationBlock",
}


@dataclass(frozen=True)
class Source:
    """A class or function as it stands in a file of the project.

    Attributes:
        path: relative to the project's folder.
        line: its first line, counted from 1.
    """

    path: str
    name: str
    line: int
    code: str


def source_of(path: str, name: str, folder: Path = ROOT) -> Source:
    """Return the source of a class, a function or "Class.method" in a Python file.

    Args:
        path: relative to `folder`, which is the project's by default.

    Raises:
        LookupError: the file has no such definition.
    """
    return _source(path, name, folder, (folder / path).stat().st_mtime_ns)


def show_code(path: str, name: str) -> None:
    """Show a definition's live source, and where it is."""
    show_source(source_of(path, name))


def show_source(source: Source) -> None:
    """Show a definition's source, and where it is."""
    st.caption(t("code.where", path=source.path, line=source.line))
    st.code(source.code, language="python", wrap_lines=False)


def show_block(family: str) -> None:
    """Show what a block of this family computes."""
    show_code(_BLOCKS, BLOCK_CLASSES[family])


@lru_cache(maxsize=64)
def _source(path: str, name: str, folder: Path, modified: int) -> Source:
    text = (folder / path).read_text(encoding="utf-8")
    node: ast.AST = ast.parse(text)
    for part in name.split("."):
        node = _child(node, part, path)
    code = ast.get_source_segment(text, node)
    if code is None:
        raise LookupError(f"{path} has no source for {name}")
    return Source(path, name, node.lineno, code)  # type: ignore[attr-defined]


def _child(node: ast.AST, name: str, path: str) -> ast.AST:
    for child in ast.iter_child_nodes(node):
        if getattr(child, "name", None) == name:
            return child
    raise LookupError(f"{path} does not define {name}")
