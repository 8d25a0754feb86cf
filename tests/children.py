"""The processes that a test starts, apart from those of tests before it."""

from __future__ import annotations

import psutil
import pytest


class Children:
    """Those of this process that are born from now on."""

    def __init__(self) -> None:
        self._before = set(psutil.Process().children())

    def alive(self) -> list[psutil.Process]:
        """Without the tracker that multiprocessing keeps for the whole process."""
        born = set(psutil.Process().children()) - self._before
        return [child for child in born if _at_work(child)]


@pytest.fixture
def children() -> Children:
    return Children()


def _at_work(child: psutil.Process) -> bool:
    try:
        tracker = any("resource_tracker" in part for part in child.cmdline())
        return child.status() != psutil.STATUS_ZOMBIE and not tracker
    except psutil.NoSuchProcess:
        return False
