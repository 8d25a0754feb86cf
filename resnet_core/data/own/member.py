"""One image file of a folder or an archive, wherever its bytes lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

# The most files that one data set may consist of.
MAX_MEMBERS = 2_000_000


@dataclass(frozen=True)
class Member:
    """Attributes:
    name: its path inside the folder or archive, with forward slashes.
    open: gives its bytes; to be called before the next member is asked for.
    """

    name: str
    open: Callable[[], IO[bytes]]


def shown(name: str) -> str:
    """A file's name made fit for a sentence: control characters escaped, not too long."""
    text = name.encode("unicode_escape").decode() if not name.isprintable() else name
    return repr(text if len(text) <= 80 else f"{text[:38]}...{text[-38:]}")
