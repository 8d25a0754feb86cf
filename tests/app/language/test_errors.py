"""Whatever a person can do wrong is said in their language."""

from __future__ import annotations

import io
import logging
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image

from app.language.errors import on_script_error, sentence, stored_sentence
from app.page_data import uploads
from app.widgets.experiment_form.draft import Draft
from resnet_core.data import catalog
from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.queue import check
from resnet_core.runs.record import Job
from resnet_core.runs.store import wrong_state
from resnet_core.system.texts import Message, catalogue

HANGUL = re.compile("[\uac00-\ud7a3]")
PLAIN: dict[str, object] = Draft.of(Experiment()).values  # type: ignore[assignment]

BAD_SETTINGS: list[dict[str, object]] = [
    *({"depth": depth} for depth in (21, 0, -1, 10**9, None)),
    *({"learning_rate": rate} for rate in ("nan", "inf", "-1", "0", "101", "fast", "")),
    *({"batch_size": size} for size in (0, 1, -3, 65_537, None, 6000)),
    *({"momentum": "1"}, {"momentum": "-0.1"}, {"weight_decay": "2"}),
    *({"iterations": 0}, {"iterations": None}, {"seed": -1}, {"width": 0}, {"width": 257}),
    *({"image_size": 3}, {"image_size": 257}, {"train_images": 1}, {"test_images": 0}),
    *({"milestones": "500, 100"}, {"milestones": "soon"}, {"warmup": "linear"}),
    *({"activation": "swish"}, {"family": "densenet"}, {"device": "tpu"}),
    {"family": "imagenet/resnet", "depth": 50},  # on shapes
    {"family": "imagenet/resnet", "depth": 20},
    {"family": "imagenet/resnet", "depth": 18, "stride_in": "3x3"},
    {"family": "imagenet/vgg", "depth": 16, "image_size": 16},
    {"train_images": 64},
    {"train_images": 10**6},
    {"depth": 32, "block": "bottleneck"},
    *({"data": "cifra10"}, {"data": "no/such/folder"}, {"data": ""}, {"data": "x" * 1001}),
    *({"name": name} for name in ("../../etc", "<b>bold</b>", "a" * 10_000, "abc\u202ecba")),
]


def fault(**values: object) -> PlaygroundError:
    """What the form's checks say of a draft with these values."""
    draft = Draft.of(Experiment()).changed(**values)
    errors = draft.errors()
    if errors:
        return next(iter(errors.values()))
    with pytest.raises(PlaygroundError) as caught:
        check(draft.experiment())
    return caught.value


@pytest.mark.parametrize("values", BAD_SETTINGS, ids=lambda values: str(values)[:60])
def test_every_bad_setting_is_refused_in_both_languages(
    home: Path, values: dict[str, object]
) -> None:
    error = fault(**values)
    english = sentence(error, "en")
    template = catalogue()[error.message.key]["en"]
    assert template.startswith("{") or not english[0].islower()
    assert english.rstrip().endswith((".", "?"))
    assert HANGUL.search(sentence(error, "ko")), english


def packed(names: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return file.getvalue()


def picture(width: int = 8, height: int = 8) -> bytes:
    file = io.BytesIO()
    Image.new("1" if width > 1000 else "RGB", (width, height)).save(file, "png")
    return file.getvalue()


def with_link() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        link = tarfile.TarInfo("cat/1.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return file.getvalue()


BAD_ARCHIVES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "climbs": ("a.zip", lambda: packed({"../cat/1.png": picture()})),
    "absolute": ("a.zip", lambda: packed({"/cat/1.png": picture()})),
    "link": ("a.tar.gz", with_link),
    "bomb": ("a.zip", lambda: packed({"cat/1.png": bytes(10_000_000)})),
    "one class": ("a.zip", lambda: packed({"cat/1.png": picture(), "cat/2.png": picture()})),
    "no class": ("a.zip", lambda: packed({"1.png": picture(), "2.png": picture()})),
    "empty": ("a.zip", lambda: packed({})),
    "not an archive": ("a.zip", lambda: b"nothing of the kind"),
    "unreadable": ("a.zip", lambda: packed({"cat/1.png": b"?", "dog/1.png": picture()})),
    "huge image": (
        "a.zip",
        lambda: packed({"cat/1.png": picture(13_000, 13_000), "dog/1.png": picture()}),
    ),
    "another kind": ("a.rar", lambda: b"Rar!"),
}


@pytest.mark.parametrize("case", BAD_ARCHIVES)
def test_every_bad_upload_is_refused_in_both_languages_and_not_kept(home: Path, case: str) -> None:
    name, make = BAD_ARCHIVES[case]
    with pytest.raises(PlaygroundError) as caught:
        uploads.store(name, make())
    english = sentence(caught.value, "en")
    assert str(home) not in english or "free some space" in english, english
    assert HANGUL.search(sentence(caught.value, "ko")), english
    assert list((home / "data").iterdir()) == []


def test_an_absent_public_data_set_says_how_to_get_it(home: Path) -> None:
    if any(entry.name == "svhn" and entry.present for entry in catalog.available()):
        pytest.skip("this machine has SVHN")
    with pytest.raises(PlaygroundError) as caught:
        catalog.require("svhn")
    assert "내려받" in sentence(caught.value, "ko")


def test_states_are_translated_inside_sentences() -> None:
    run = Job(id="lesion-0123456789ab", state="running", created=0.0)
    assert sentence(wrong_state("queue.no_move", run), "ko") == (
        "‘lesion-0123456789ab’ 실행은 학습 중 상태입니다. 대기 중인 실행만 옮길 수 있습니다."
    )


def test_a_stored_message_is_read_in_both_languages_and_an_earlier_sentence_as_it_is() -> None:
    stored = Message("errors.jobs.stopped_before_start").dumps()
    assert stored_sentence(stored, "en") == "It was stopped before it started."
    assert stored_sentence(stored, "ko") == "시작하기 전에 중지했습니다."
    assert stored_sentence("The worker died.", "ko") == "The worker died."


@pytest.fixture
def boxes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sentences: list[str] = []
    monkeypatch.setattr(st, "error", sentences.append)
    return sentences


def test_a_page_shows_the_sentence_of_an_error(boxes: list[str]) -> None:
    assert on_script_error(PlaygroundError("data.image_gone"))
    assert boxes == [sentence(PlaygroundError("data.image_gone"), "en")]


def test_an_unexpected_error_is_logged_and_not_spread_over_the_page(
    boxes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert on_script_error(ZeroDivisionError("division by zero"))
    assert "ZeroDivisionError" in boxes[0]
    assert "Reload the page" in boxes[0]
    assert "division by zero" in caplog.text
