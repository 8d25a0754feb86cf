"""From the command to a useful picture: the server without torch, and what torch would add."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.server import Server
from benchmarks.side_by_side import compare, table


def sections(quick: bool) -> Iterator[str]:
    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        comparison = compare(
            {
                "the server with torch imported as well": lambda: _started(folder, torch=True),
                "this project's server": lambda: _started(folder, torch=False),
            },
            rounds,
        )
    rows = [
        (name, f"{comparison.median(name):.2f}", f"{comparison.faster(name):.1f}")
        for name in comparison.names
    ]
    headings = ("from the command to the home page's curves", "s, median", "times as fast")
    yield f"## Cold start\n\n{table(headings, rows)}\n"


def _started(folder: str, torch: bool) -> None:
    """Start the server and wait until the home page comes with its recorded curves in it."""
    with Server(Path(folder), torch=torch) as server:
        server.wait_for(b'id="pg-first"')
