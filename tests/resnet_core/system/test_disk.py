"""Files that are whole or absent."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.system.disk import (
    file_checksum,
    full_disk_explained,
    replace,
    whole_file,
    write_synced,
    write_whole,
)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_sentence(number: int) -> None:
    message = "disk is full: somewhere.file"
    with pytest.raises(PlaygroundError, match=message), full_disk_explained(Path("somewhere/file")):
        raise OSError(number, "no space")


def test_other_errors_pass() -> None:
    with pytest.raises(PermissionError), full_disk_explained(Path("file")):
        raise PermissionError(errno.EACCES, "not yours")


def test_a_file_takes_anothers_place(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    write_synced(old, b"old")
    write_synced(new, b"new")
    replace(new, old)
    assert old.read_bytes() == b"new"
    assert not new.exists()


def test_a_file_takes_its_name_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), whole_file(path) as file:
        file.write("neither bytes nor written")  # type: ignore[arg-type]
    assert (list(tmp_path.iterdir()), path.read_bytes()) == ([path], b"old")
    with whole_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert (list(tmp_path.iterdir()), path.read_bytes()) == ([path], b"new")


def test_what_may_not_be_replaced_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr("resnet_core.system.disk._PATIENCE", 0.0)
    with pytest.raises(PermissionError):
        replace(tmp_path / "a", tmp_path / "b")


def test_a_whole_file_replaces_another_and_an_error_leaves_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.json"
    write_whole(path, "é")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("resnet_core.system.disk.replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "third")
    assert path.read_bytes() == b"second"
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_checksums_are_hexadecimal_digits(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert file_checksum(path, "md5") == "900150983cd24fb0d6963f7d28e17f72"
    assert file_checksum(path).startswith("ba7816bf")
