"""Weights from elsewhere: uploaded in a dialog, asked about, imported; and refused."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from app.language.texts import say
from resnet_core.runs import queries
from tests.browser.playground import Playground

WEIGHTS = queries.RECORDED / "one-minute-resnet-20-seed-0" / "model.safetensors"


def _dialog(page: Page, playground: Playground) -> Locator:
    page.goto(f"{playground.url}/runs?lang=en")
    page.get_by_role("button", name=say("en", "import.open")).click()
    return page.get_by_role("dialog")


def _begin(dialog: Locator, file: Path) -> None:
    dialog.locator("input[type=file]").set_input_files(file)
    start = dialog.get_by_role("button", name=say("en", "import.yes"), exact=True)
    expect(start).to_be_enabled()
    start.click()


def test_a_file_is_asked_about_imported_and_opens_in_compare(
    playground: Playground, page: Page
) -> None:
    dialog = _dialog(page, playground)
    dialog.get_by_label(say("en", "form.field.image_size.label")).fill("16")
    dialog.get_by_label(say("en", "import.name")).fill("from elsewhere")
    _begin(dialog, WEIGHTS)
    # Its shapes leave open what a try on images then tells: where the zeros go, and more.
    expect(dialog.get_by_text("The file does not say all.")).to_be_visible()
    expect(dialog.get_by_text("With these answers: 0.0 % error")).to_be_visible()
    dialog.get_by_role("button", name=say("en", "import.yes"), exact=True).click()
    done = "from elsewhere is imported: cifar/resnet-20, error 0.40 % on shapes (embedded)"
    expect(dialog.get_by_text(done)).to_be_visible()
    (run,) = (run for run in queries.runs() if run.title == "from elsewhere")
    dialog.get_by_text(say("en", "import.link.compare")).click()
    expect(page).to_have_url(re.compile(f"/compare.*runs={run.id}"))
    expect(page.locator(".pg-panel-response .main-svg").first).to_be_visible()


def test_a_damaged_file_is_refused_in_a_sentence_and_another_may_be_given(
    playground: Playground, page: Page, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(WEIGHTS.read_bytes()[:-1000])
    dialog = _dialog(page, playground)
    before = [run.id for run in queries.runs()]
    _begin(dialog, cut)
    expect(dialog.get_by_text(re.compile(r"cut\.safetensors is damaged"))).to_be_visible()
    assert [run.id for run in queries.runs()] == before
    dialog.get_by_role("button", name=say("en", "import.another")).click()
    expect(dialog.locator("input[type=file]")).to_be_attached()
