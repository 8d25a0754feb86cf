"""Folders that are handed over whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.system import atomic_folder


@pytest.fixture(params=["new", "empty"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "parent" / "target"
    if request.param == "empty":
        folder.mkdir(parents=True)
    return folder


def everything_in(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def write(folder: Path, error: Exception | None = None) -> None:
    """Two files, then the error."""
    with atomic_folder.filled(folder) as place:
        (place / "a").write_text("1")
        (place / "b").write_text("2")
        if error is not None:
            raise error


def test_files_arrive_together(target: Path, tmp_path: Path) -> None:
    with atomic_folder.filled(target) as place:
        (place / "a").write_text("1")
        (place / "inside").mkdir()
        (place / "inside" / "b").write_text("2")
        assert not (target / "a").exists()
    assert everything_in(target) == ["a", str(Path("inside") / "b")]
    assert everything_in(tmp_path) == [str(Path("parent/target") / n) for n in ("a", "inside/b")]


def test_a_folder_is_as_open_as_any_other(tmp_path: Path) -> None:
    with atomic_folder.filled(tmp_path / "target"):
        pass
    (tmp_path / "usual").mkdir()
    assert (tmp_path / "target").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "no space"), "The disk is full: .* nothing of this export is left"),
        (
            PermissionError(errno.EACCES, "not allowed"),
            "cannot be written to .Permission denied.\\.",
        ),
        (PlaygroundError("stored", text="The run has no weights."), "^The run has no weights"),
    ],
)
def test_nothing_is_left_after_an_error(
    target: Path, tmp_path: Path, error: Exception, sentence: str
) -> None:
    was_there = target.exists()
    with pytest.raises(PlaygroundError, match=sentence):
        write(target, error)
    assert everything_in(tmp_path) == []
    assert target.exists() == was_there
    assert not was_there or not list(target.iterdir())


def test_a_move_that_fails_half_way_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = atomic_folder.disk.replace

    def failing(source: Path, target: Path) -> None:
        if source.name == "b":
            raise OSError(errno.EIO, "broken")
        real(source, target)

    monkeypatch.setattr(atomic_folder.disk, "replace", failing)
    with pytest.raises(PlaygroundError, match="Input/output error"):
        write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(PlaygroundError, match="holds mine already"):
        write(tmp_path)
    with pytest.raises(PlaygroundError, match="cannot be written to"):
        write(tmp_path / "mine")
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]


def test_the_folder_in_which_one_is_can_be_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with atomic_folder.filled(Path(os.curdir)) as place:
        (place / "a").write_text("1")
    assert everything_in(tmp_path) == ["a"]
