"""An error is a key with values: readable in both languages, in another process, and stored."""

from __future__ import annotations

import errno
import json
import pickle
from pathlib import Path

import pytest

from resnet_core.errors import DataError, InvalidSetting, PlaygroundError
from resnet_core.system import texts
from resnet_core.system.texts import Message

ENTRIES = {
    "errors.data.missing": ("There is no {path} ({reason}).", "{path}: 없습니다({reason})."),
    "errors.setting.choice": ("use {options:or}.", "{options:or} 중에서 고르세요."),
    "errors.setting.given": ("{given!r} is no number.", "{given!r}: 수가 아닙니다."),
    "errors.system.no_space": ("no space left", "공간 부족"),
    "errors.stored": ("{text}", "{text}"),
    "state.paused": ("paused", "일시 정지"),
}


@pytest.fixture(autouse=True)
def small_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {key: {"en": en, "ko": ko} for key, (en, ko) in ENTRIES.items()}
    monkeypatch.setattr(texts, "catalogue", lambda: entries)


def test_an_error_reads_in_both_languages() -> None:
    error = DataError("data.missing", path=Path("a/b"), reason=Message("state.paused"))
    assert str(error) == "There is no a/b (paused)."
    assert error.message.text("ko") == "a/b: 없습니다(일시 정지)."
    assert (error.key, error.values["path"]) == ("data.missing", "a/b")


def test_the_text_of_an_invalid_setting_begins_with_its_field() -> None:
    error = InvalidSetting("block", "setting.choice", options=["a", "b", "c"])
    assert str(error) == "block: use a, b or c."
    assert error.message.sentence("en") == "Use a, b or c."
    assert error.message.text("ko") == "a, b, c 중에서 고르세요."


def test_a_sentence_that_begins_with_a_value_keeps_its_case() -> None:
    assert Message("errors.setting.given", given="x").sentence("en") == "'x' is no number."
    assert Message("errors.data.missing", path="p", reason="r").sentence("en")[0] == "T"


def test_the_cause_of_an_error_is_read_in_the_same_language() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    error = DataError("data.missing", path="x", reason=full)
    assert error.message.text("ko") == "x: 없습니다(공간 부족)."
    outer = DataError("data.missing", path="y", reason=error)
    assert outer.message.text("ko") == "y: 없습니다(x: 없습니다(공간 부족).)."
    # An error without a number or a text of its own still gives a reason.
    assert str(DataError("data.missing", path="x", reason=OSError())) == "There is no x (OSError)."


def test_errors_cross_processes_whole() -> None:
    error = InvalidSetting("block", "setting.choice", options=("a", "b"))
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is InvalidSetting
    assert (str(copy), copy.field) == (str(error), "block")


def test_a_message_is_stored_and_read_again() -> None:
    message = Message(
        "errors.data.missing", path="x", reason=[Message("state.paused"), 3, 0.5, None]
    )
    assert Message.from_json(json.loads(json.dumps(message.as_json()))) == message
    assert Message.from_json(message.dumps()) == message
    error = PlaygroundError.of(message)
    assert str(error) == str(message)
    assert error.key == "data.missing"


def test_a_plain_sentence_of_an_earlier_version_is_kept() -> None:
    message = Message.from_json("The worker was killed.")
    assert message.text("ko") == message.text("en") == "The worker was killed."


def test_a_message_of_another_version_is_shown_by_its_key() -> None:
    assert Message("errors.later", n=1).text("ko") == 'errors.later {"n": 1}'
    assert Message("errors.data.missing", path="x").text("en") == (
        'errors.data.missing {"path": "x"}'
    )


def test_a_place_can_be_replaced_in_all_values() -> None:
    inner = Message("errors.data.missing", path="/tmp/1/a", reason="r")
    message = Message("errors.data.missing", path="/tmp/1", reason=[inner])
    assert str(message.replaced("/tmp/1", "up")) == "There is no up (There is no up/a (r).)."
