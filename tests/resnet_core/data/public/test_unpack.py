from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from resnet_core.data.public import sources
from resnet_core.data.public.unpack import unpack, write_whole
from resnet_core.errors import DataError

Published = dict[str, dict[str, bytes]]


def put(folder: Path, files: dict[str, bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "mnist", "fashionmnist"])
def test_what_is_needed_is_taken_out_and_nothing_else(
    nowhere: Path, tmp_path: Path, published: Published, name: str
) -> None:
    source = sources.SOURCES[name]
    root = unpack(source, put(tmp_path / "fetched", published[name]))
    assert root == nowhere
    assert sources.find_ready(source) == root
    assert {path.name for path in (root / source.folder).iterdir()} == set(source.files)


def test_a_file_with_another_checksum_is_refused_by_name(
    nowhere: Path, tmp_path: Path, published: Published
) -> None:
    source = sources.SOURCES["mnist"]
    packed = put(tmp_path / "fetched", published["mnist"])
    packed[2].write_bytes(packed[2].read_bytes()[:-1])
    with pytest.raises(DataError, match=f"{packed[2].name} is not the published file"):
        unpack(source, packed)
    assert sources.find_ready(source) is None


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            piece = super().read(size)
            if not piece:
                raise OSError(28, "No space left on device")
            return piece

    with pytest.raises(OSError, match="No space"):
        write_whole(Broken(b"half"), tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
    write_whole(io.BytesIO(b"whole"), tmp_path / "file")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"whole"]


def test_members_that_lead_elsewhere_are_never_touched(
    nowhere: Path, tmp_path: Path, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even in a file whose checksum is right, only the known names are taken out."""
    import hashlib
    from dataclasses import replace

    (content,) = published["cifar10"].values()
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(content)) as old,
        tarfile.open(fileobj=buffer, mode="w:gz") as new,
    ):
        for info in old:
            new.addfile(info, old.extractfile(info))
        evil = tarfile.TarInfo("../../evil")
        evil.size = 4
        new.addfile(evil, io.BytesIO(b"evil"))
    source = sources.SOURCES["cifar10"]
    (part,) = source.downloads
    md5 = hashlib.md5(buffer.getvalue()).hexdigest()
    changed = replace(source, downloads=(replace(part, md5=md5),))
    unpack(changed, put(tmp_path / "fetched", {part.file: buffer.getvalue()}))
    assert not list(tmp_path.rglob("evil"))
