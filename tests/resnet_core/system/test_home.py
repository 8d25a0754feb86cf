from __future__ import annotations

import os
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.system import home as home_module


def test_the_named_folder_is_made_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(home_module.VARIABLE, str(tmp_path / "deep" / "home"))
    assert home_module.home() == tmp_path / "deep" / "home"
    assert home_module.home().is_dir()
    assert home_module.database_path().parent == home_module.home()


def test_the_subfolders_are_made(home: Path) -> None:
    for make in (home_module.runs_folder, home_module.data_folder, home_module.cache_folder):
        assert make().is_dir()
        assert make().parent == home


def test_a_tilde_is_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv(home_module.VARIABLE, "~/play")
    assert home_module.home() == tmp_path / "play"


@pytest.mark.parametrize("named", ["", "  "])
def test_without_a_name_it_is_the_operating_systems_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv(home_module.VARIABLE, named)
    monkeypatch.setattr(home_module, "user_data_path", lambda *_: tmp_path / "prescribed")
    assert home_module.home() == tmp_path / "prescribed"


def test_a_file_in_its_place_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(home_module.VARIABLE, str(tmp_path / "file" / "home"))
    with pytest.raises(PlaygroundError, match=f"set {home_module.VARIABLE} to a folder you can"):
        home_module.home()


def test_a_read_only_folder_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(home_module.VARIABLE, str(tmp_path))
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(PlaygroundError, match="is read-only: set"):
        home_module.home()
