"""A run for other programs, from the page Runs: a format is chosen, packed, and saved."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from app.language.texts import say
from tests.browser.playground import Playground
from tests.browser.seeds import finished_twins


def test_a_model_folder_is_packed_and_saved(
    playground: Playground, page: Page, small_data: Path
) -> None:
    _, run = finished_twins(small_data)
    page.goto(f"{playground.url}/runs?lang=en&search={run.id}")
    row = page.locator(f".st-key-run-{run.id}")
    row.get_by_role("button", name=say("en", "runs.open")).click()
    formats = page.get_by_role("combobox", name=say("en", "runs.export.format"))
    formats.scroll_into_view_if_needed()
    formats.click()
    page.get_by_role("option", name=say("en", "runs.export.as.hub")).click()
    expect(page.get_by_text(say("en", "runs.export.holds.hub"))).to_be_visible()
    page.get_by_label(say("en", "runs.export.license")).fill("mit")
    page.get_by_role("button", name=say("en", "runs.export.pack")).click()
    save = page.get_by_role("button", name="Save the zip")
    expect(save).to_be_visible()
    with page.expect_download() as saved:
        save.click()
    assert saved.value.suggested_filename == f"{run.id}-hub.zip"
    with zipfile.ZipFile(saved.value.path()) as packed:
        files = {Path(name).name: name for name in packed.namelist()}
        assert {"README.md", "config.json", "model.safetensors"} <= files.keys()
        assert "license: mit" in packed.read(files["README.md"]).decode()
        assert "resnet-8" in json.dumps(json.loads(packed.read(files["config.json"])))
