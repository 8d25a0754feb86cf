"""docs/architecture.md against the tree."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def _table(title: str) -> list[list[str]]:
    """The rows of the table below a heading, without its head."""
    section = TEXT.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [row for row in section.splitlines() if row.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in row.split("|")[1:-1]] for row in rows]


def test_every_folder_is_listed_and_every_listed_folder_exists() -> None:
    listed = {folder for folder, _ in _table("Folders")}
    packages = {
        path.parent.relative_to(ROOT).as_posix()
        for top in ("resnet_core", "app")
        for path in (ROOT / top).glob("*/__init__.py")
    }
    assert listed == packages | {"pages"}


def test_ten_things_are_where_the_document_says() -> None:
    rows = _table("Where is ...?")
    assert len(rows) >= 10
    for looked_for, file, name in rows:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert name.lower() in text.lower(), looked_for


def test_links_lead_to_files() -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        assert (ROOT / "docs" / link).exists(), link
