"""How a worker behaves on a machine that others use, too."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

_NICENESS = 5  # the web server goes first


def be_polite(log: Path) -> None:
    """Log to the folder, and to the terminal if a person started this worker there."""
    handlers: list[logging.Handler] = [logging.FileHandler(log, encoding="utf-8")]
    if sys.stderr.isatty():
        handlers.append(logging.StreamHandler())
    logging.basicConfig(
        handlers=handlers, level=logging.INFO, format="%(asctime)s %(message)s", force=True
    )
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
