"""Uploads: kept once, under a harmless name, readable as data."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from app.page_data import uploads
from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.errors import DataError


def class_folders() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("cat", "dog"):
            for number in range(6):
                picture = io.BytesIO()
                Image.new("RGB", (8, 8), (number, 40, 200)).save(picture, "png")
                archive.writestr(f"{name}/{number}.png", picture.getvalue())
    return file.getvalue()


def test_an_upload_is_kept_once_and_can_be_chosen(home: Path) -> None:
    content = class_folders()
    path = uploads.store("my pets.zip", content)
    assert uploads.store("my pets.zip", content) == path
    assert list((home / "data").iterdir()) == [path]
    assert str(path) in {entry.name for entry in catalog.available()}
    facts = catalog.facts(Selection(str(path)))
    assert facts.classes == 2
    assert len(catalog.load(Selection(str(path))).train) == facts.train_images


@pytest.mark.parametrize(
    ("given", "stem", "suffix"),
    [
        ("../../etc/passwd.zip", "passwd", ".zip"),
        ("C:\\pets\\All Pets!.TAR.GZ", "All-Pets", ".tar.gz"),
        ("고양이.tgz", "upload", ".tgz"),
        (".zip", "upload", ".zip"),
        ("x" * 300 + ".npz", "x" * 60, ".npz"),
        ("\u202egpj.zip", "gpj", ".zip"),
    ],
)
def test_only_harmless_characters_of_a_name_are_used(given: str, stem: str, suffix: str) -> None:
    name = uploads.file_name(given, b"content")
    assert name == f"{stem}-ed7002b4{suffix}"


def test_other_contents_have_another_name() -> None:
    assert uploads.file_name("a.zip", b"1") != uploads.file_name("a.zip", b"2")


def test_what_is_too_large_is_refused_unread(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MEGABYTES", 0)
    with pytest.raises(DataError, match="upload at most 0 MB"):
        uploads.store("a.zip", class_folders())
