from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An empty folder for an export, beside the test's home folder."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
