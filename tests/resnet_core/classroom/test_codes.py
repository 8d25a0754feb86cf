"""Codes and tokens."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from resnet_core.classroom import codes


def test_a_code_has_six_letters_that_nobody_confuses() -> None:
    drawn = {codes.new_code() for _ in range(300)}
    assert len(drawn) == 300
    assert not set("".join(drawn)) & set("0O1IL2Z5S8BUV")
    assert {len(code) for code in drawn} == {6}


@pytest.mark.parametrize(
    ("typed", "code"),
    [("acd 347", "ACD347"), ("acd-347", "ACD347"), (" ACD347\n", "ACD347")]
    + [(bad, "") for bad in ("", "ACD34", "ACD3477", "ACD34O", "ACD34é", "../../")],
)
def test_a_code_is_read_as_it_is_typed(typed: str, code: str) -> None:
    assert codes.normalised(typed) == code


def test_a_token_names_one_subject_in_one_role(home: Path) -> None:
    token = codes.token("teacher", "ACD347")
    assert codes.subject("teacher", token) == "ACD347"
    assert codes.subject("member", token) == ""
    for forged in (
        token.replace("ACD347", "ACD346"),
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "teacher.ACD347.",
        "",
        "x" * 5000,
        "teacher.ACD347." + "é" * 43,
    ):
        assert codes.subject("teacher", forged) == ""


def test_the_key_is_kept_and_is_readable_by_its_owner_alone(home: Path) -> None:
    token = codes.token("member", "ab12")
    codes._key.cache_clear()
    assert codes.subject("member", token) == "ab12"
    assert stat.S_IMODE((home / "class.key").stat().st_mode) == 0o600


def test_another_home_has_another_key(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = codes.token("teacher", "ACD347")
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_HOME", str(tmp_path / "other"))
    assert codes.subject("teacher", token) == ""
