from __future__ import annotations

import os
from pathlib import Path

import pytest

from resnet_core.data.own import folder
from resnet_core.errors import DataError


@pytest.fixture
def pets(tmp_path: Path, write: type) -> Path:
    files = {"cat/1.png": b"one", "cat/2.png": b"two", "dog/1.png": b"three", "readme.txt": b""}
    return write.folder(tmp_path / "pets", files)


def test_members_are_the_image_files_with_their_bytes(pets: Path) -> None:
    found = {}
    for member in folder.members(pets):
        with member.open() as file:
            found[member.name] = file.read()
    assert found == {"cat/1.png": b"one", "cat/2.png": b"two", "dog/1.png": b"three"}


def test_hidden_folders_are_left_out(pets: Path, write: type) -> None:
    write.folder(pets, {".trash/3.png": b""})
    assert len(list(folder.members(pets))) == 3


def test_the_state_tells_of_every_change(pets: Path) -> None:
    states = [folder.state(pets)]
    assert folder.state(pets) == states[0]
    (pets / "cat/3.png").write_bytes(b"x")
    states.append(folder.state(pets))
    (pets / "cat/3.png").write_bytes(b"yy")
    states.append(folder.state(pets))
    os.utime(pets / "cat/3.png", (1, 1))
    states.append(folder.state(pets))
    (pets / "cat/3.png").rename(pets / "dog/3.png")
    states.append(folder.state(pets))
    assert len(set(states)) == 5
    (pets / "readme.txt").write_bytes(b"changed")
    assert folder.state(pets) == states[-1]


def test_a_linked_folder_is_refused_by_name(pets: Path) -> None:
    try:
        (pets / "loop").symlink_to(pets, target_is_directory=True)
    except OSError as error:
        pytest.skip(f"this system lets nobody make links: {error}")
    with pytest.raises(DataError, match="'loop' is a link"):
        list(folder.members(pets))


def test_a_folder_that_cannot_be_listed_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        list(folder.members(tmp_path / "nowhere"))
