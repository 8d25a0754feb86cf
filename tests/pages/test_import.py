"""Importing on the page Runs, without a browser, and what the app says of an imported network."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.background import imports
from app.background.imports import Import, Request
from app.figures.errors import error_figure
from app.figures.series import Member, gather
from app.language import texts
from app.page_data.runs import caption as chart_caption
from app.page_data.runs import notes
from app.page_state.view import View
from app.server.lab_answers import caption
from app.widgets.runs.dialogs import IMPORT, JOB, Job
from app.widgets.runs.picker import run_label
from app.widgets.runs.row import DIALOG
from resnet_core.commands.weights import import_
from resnet_core.errors import CheckpointError
from resnet_core.labs import catalog
from resnet_core.labs.results.request import LabRequest
from resnet_core.labs.results.results import Result
from resnet_core.runs import queries
from resnet_core.system.texts import Message
from resnet_core.weights.recognition import MOST_BYTES
from tests.app.imported_on_record import import_on_record
from tests.app.runs_on_record import put_on_record

PAGE = Path(__file__).resolve().parents[2] / "pages" / "runs.py"
SAY = texts.speaker("en")
REQUEST = Request("net.th", b"weights", {"data": "shapes", "image_size": "16", "name": "mine"})
WAYS = [
    {"network": network, "shortcut": shortcut, "option_a_padding": padding, "stride_in": None,
     "normalization": way, "error": error, "n": 250}
    for network, shortcut, padding, error in (
        ("cifar/plain-20", None, None, 90.0),
        ("cifar/resnet-20", "A", "end", 60.0),
        ("cifar/resnet-20", "A", "both", 8.0),
    )
    for way in ("imagenet", "cifar")
]  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ensure_supervisor", lambda: None)
    monkeypatch.setattr(queries, "RECORDED", home / "recorded")


def opened(state: Import | None = None, language: str = "en") -> AppTest:
    """The page, its dialog open where an import has come to a state."""
    page = AppTest.from_file(str(PAGE), default_timeout=120)
    page.query_params["lang"] = language
    if state is not None:
        page.session_state[DIALOG] = (IMPORT, "")
        page.session_state[JOB] = Job("token", REQUEST)
    return checked(page.run())


def checked(page: AppTest) -> AppTest:
    assert not page.exception, [error.value for error in page.exception]
    return page


def said(page: AppTest) -> str:
    every = [*page.markdown, *page.caption, *page.warning, *page.error, *page.info, *page.success]
    return "\n".join(one.value for one in every).replace("\\", "")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_action_opens_the_dialog(language: str) -> None:
    page = opened(language=language)
    speak = texts.speaker(language)
    checked(page.button(key="runs.import.open").click().run())
    assert speak("import.lead") in said(page)
    assert any(box.label == speak("import.data") for box in page.selectbox)
    (start,) = [one for one in page.button if one.label == speak("import.yes")]
    assert start.disabled  # no file yet


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_dialog_says_how_large_a_file_may_be_and_what_imports_larger_ones(
    language: str,
) -> None:
    page = opened(language=language)
    checked(page.button(key="runs.import.open").click().run())
    (uploader,) = page.get("file_uploader")
    assert f"{imports.MEGABYTES} MB" in uploader.proto.label
    assert uploader.proto.max_upload_size_mb == imports.MEGABYTES
    (larger,) = [one.value for one in page.caption if "python -m resnet_core import" in one.value]
    assert f"{MOST_BYTES // 2**30} GiB" in larger
    module = "python -m resnet_core import "
    context = import_.make_context("import", larger.split("`")[1].removeprefix(module).split())
    assert (context.params["file"], context.params["data"]) == ("FILE", "NAME")


def test_progress_is_shown_while_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Import(share=0.4)
    monkeypatch.setattr(imports, "state", lambda token: now)
    page = opened(now)
    (bar,) = page.get("progress")
    assert (bar.value, bar.text) == (40, "Trying it on images …")


def test_open_questions_are_select_boxes_that_depend_on_each_other() -> None:
    def page() -> None:
        import streamlit as st

        from app.widgets.runs import dialogs
        from tests.pages.test_import import WAYS

        st.session_state["answers"] = dialogs._answers(tuple(WAYS), "k")

    shown = checked(AppTest.from_function(page, default_timeout=120).run())
    labels = [box.label for box in shown.selectbox]
    asked = shown.session_state["answers"]
    assert labels == ["Which network is it?", "Option A's zero channels",
                      "How its images were prepared"]  # fmt: skip
    assert asked == {"network": "cifar/resnet-20", "shortcut": "A",
                     "option_a_padding": "both", "normalization": "imagenet"}  # fmt: skip
    checked(shown.selectbox[0].select("cifar/plain-20").run())
    assert [box.label for box in shown.selectbox] == [labels[0], labels[2]]
    assert "option_a_padding" not in shown.session_state["answers"]
    assert "90.0 % error on 250 images" in shown.caption[-1].value


def test_answers_go_with_the_file_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The upload's own control is gone by then, and so is its value."""
    begun: list[Request] = []
    now = Import(done=True, trials=tuple(WAYS))
    monkeypatch.setattr(imports, "state", lambda token: now)
    monkeypatch.setattr(imports, "submit", lambda request: begun.append(request) or "token")
    page = opened(now)
    assert "**net.th**" in said(page)
    (start,) = [one for one in page.button if one.label == "Import"]
    checked(start.click().run())
    (request,) = begun
    assert (request.name, request.content) == ("net.th", b"weights")
    assert request.options == {
        **REQUEST.options,
        **{"network": "cifar/resnet-20", "shortcut": "A"},
        **{"option_a_padding": "both", "normalization": "imagenet"},
    }


def test_an_error_is_said_and_the_file_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Import(
        done=True, error=CheckpointError("stored", text="The file net.th is damaged or cut short.")
    )
    monkeypatch.setattr(imports, "state", lambda token: now)
    page = opened(now)
    assert "The file net.th is damaged or cut short." in said(page)
    (another,) = [one for one in page.button if one.label == "Another file"]
    monkeypatch.setattr(imports, "state", lambda token: None)
    checked(another.click().run())
    assert SAY("import.lead") in said(page)


def test_what_was_imported_leads_to_where_it_can_be_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    warning = Message("errors.weights.guessing", chance=90.0)
    run = import_on_record(warning=warning.dumps())
    now = Import(1.0, run.id, done=True)
    monkeypatch.setattr(imports, "state", lambda token: now)
    shown = said(opened(now))
    assert "cifar/resnet-20, error 8.27 % on CIFAR-10 (n = 10,000)" in shown
    assert "near that of guessing" in shown
    for page in ("compare", "attribution", "labs/lesion", "labs/landscape"):
        assert f"/{page}?lang=en&runs={run.id}" in shown
    assert "labs/graft" not in shown


def test_the_list_tells_it_apart() -> None:
    run = import_on_record()
    put_on_record("20261121-000001", "cifar/resnet-20")
    page = opened()
    shown = said(page)
    assert "**resnet-20 · imported**" in shown
    assert "ResNet-20 A · from resnet20.th" in shown
    assert "error 8.27 % on CIFAR-10 (n = 10,000)" in shown
    assert shown.count("iterations") == 1  # the other run's
    checked(page.button(key=f"runs.open.{run.id}").click().run())
    shown = said(page)
    assert "images prepared by: ImageNet's mean and deviation of each colour" in shown
    assert "no training curve, and nothing to resume or fork" in shown
    assert "/train" not in shown
    assert run_label(run, SAY) == "ResNet-20 · imported · 8.3 %"
    assert page.button(key=f"runs.first.{run.id}").label == "Delete …"
    assert f"runs.menu.{run.id}" not in {menu.key for menu in page.get("menu_button")}


def test_its_missing_source_is_told() -> None:
    run = import_on_record()
    queries.folder(run).imported.unlink()
    assert "Its imported.json is missing" in said(opened())


def test_in_compare_it_has_layers_and_a_sentence_instead_of_a_curve() -> None:
    run, other = import_on_record(), import_on_record()
    trained = put_on_record("20261121-000001", "cifar/resnet-20", milestones=(100,))
    members = [Member(one, queries.telemetry(one.id)) for one in (run, other, trained)]
    series = gather(members, SAY)
    assert [one.count for one in series] == [1, 1, 1]  # not two seeds of one experiment
    assert series[0].label.startswith("ResNet-20 (imported)")
    assert series[2].label == "ResNet-20"
    assert series[0].response.mean.shape == (1, 19)
    alone = error_figure(series[:1], View(), SAY, dark=False)
    assert not alone.layout.shapes  # no drops and no paper's value: its recipe is not known
    assert all(value is None for trace in alone.data for value in trace.y)
    sentences = notes(series, View(), SAY)
    assert (
        "an imported network has no training curve. Its measured error: 8.3 %"
        in (sentences["error"])
    )
    assert "one mini-batch" in sentences["response"]
    assert "imported: resnet20.th" in chart_caption([run], 1, SAY)
    assert "seed" not in chart_caption([run], 1, SAY)


def test_a_laboratorys_caption_names_its_file() -> None:
    run = import_on_record()
    request = LabRequest("landscape", (run.id,), catalog.question("landscape").settings())
    result = Result(request, "finished", None, {}, [], "", 1.0, "a machine", False)
    assert "ResNet-20 (imported from resnet20.th)" in caption(result, SAY)


def test_a_refused_file_is_told_in_korean() -> None:
    error = CheckpointError("weights.code", path="net.th", function="posix.system")
    assert error.message.text("ko").startswith("net.th: 안전하게 읽을 수 없습니다. 열 때 posix")
