"""docs/playground.html opened from disk: no server, no request."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from docs import playground
from tests.browser.test_playground import error_of, press, reach, step_of


def test_the_file_opened_from_disk_does_all_of_it(page: Page) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{playground.FILE.as_uri()}?lang=en&depth=20")
    reach(page, 400)
    assert error_of(page, "a") > error_of(page, "b")
    page.get_by_role("button", name="Circle").click()
    page.wait_for_url(re.compile("data=circle"))
    page.get_by_role("link", name="The same question on photographs").click()
    expect(page.locator("#photographs polyline")).to_have_count(4)
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("놀이터: 깊이와 지름길")
    assert "lang=ko" in page.url
    page.reload()
    expect(page.locator(".pp-card-a h3")).to_have_text("A · 지름길 없는 20층")
    page.get_by_role("button", name="English").click()
    press(page, "pause")
    page.wait_for_timeout(500)
    before = step_of(page)
    press(page, "step")
    page.wait_for_function(f"document.querySelector('.pp').dataset.step === '{before + 1}'")
    assert [url for url in requests if not url.startswith(("file:", "blob:", "data:"))] == []


def test_resets_leave_the_memory_as_it_was(page: Page) -> None:
    page.goto(f"{playground.FILE.as_uri()}?lang=en")
    reach(page, 20)
    session = page.context.new_cdp_session(page)

    def used() -> tuple[float, int]:
        """Megabytes of the page's objects, and elements."""
        session.send("HeapProfiler.collectGarbage")
        size = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        return size, session.send("Memory.getDOMCounters")["nodes"]

    page.evaluate(_RESET, 10)
    before, elements = used()
    page.evaluate(_RESET, 200)
    after, elements_after = used()
    assert after < before + 2
    assert elements_after < elements + 200


# A reset every 40 ms.
_RESET = """async (count) => {
    for (let at = 0; at < count; at++) {
        document.querySelector(".pp-reset").click();
        await new Promise((resolve) => setTimeout(resolve, 40));
    }
}"""
