"""A class in Chromium: a teacher and five students, each in a browser of its own."""

from __future__ import annotations

import json
import os

import pytest
from playwright.sync_api import Page, expect

from resnet_core.classroom import store
from resnet_core.system.home import VARIABLE
from tests.browser.conftest import NewPage, stage
from tests.browser.playground import Playground

_SHOTS = os.environ.get("RESIDUAL_PLAYGROUND_SHOTS", "")


@pytest.fixture(scope="module")
def school() -> Playground:
    """A server on which classes are held."""
    stage().browser()
    return stage().playground("school", RESIDUAL_PLAYGROUND_SPARES="0")


@pytest.fixture(autouse=True)
def its_home(school: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(school.home))


def _opened(school: Playground, page: Page) -> str:
    """Open a class as the machine's owner; return its code."""
    page.goto(f"{school.url}/classroom")
    page.get_by_role("button", name="Open a class").click()
    code = page.locator(".pc-code b")
    expect(code).to_be_visible()
    return code.inner_text()


def _joined(school: Playground, page: Page, code: str, name: str = "") -> Page:
    """Join by the form."""
    page.goto(f"{school.url}/classroom?code=nothing")
    page.locator(".pc-as-student summary").click()
    page.get_by_label("Code").fill(code.lower())
    page.get_by_label("Nickname").fill(name)
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.locator(".pc-student")).to_be_visible()
    return page


def _students(school: Playground, new_page: NewPage, code: str, sizes: int) -> list[Page]:
    """Students who came by the form's request: phones first, then laptops."""
    shapes = [(390, 844), (390, 844), (360, 740), (1280, 800), (1440, 900)]
    pages = [new_page(*size, apart=True) for size in shapes[:sizes]]
    for number, page in enumerate(pages):
        fields = {"code": code, "name": f"student {number}"}
        page.request.post(f"{school.url}/playground-api/class/join", data=fields)
        page.goto(f"{school.url}/classroom")
    for page in pages:
        expect(page.locator(".pc-student")).to_be_visible()
    return pages


def _shot(page: Page, name: str) -> None:
    if _SHOTS:
        page.screenshot(path=f"{_SHOTS}/{name}.png", full_page=True)


def _pick(teacher: Page, claim: str) -> None:
    teacher.get_by_role("button", name=claim, exact=True).click()
    expect(teacher.get_by_role("heading", name=claim)).to_be_visible()


@pytest.fixture
def teacher(new_page: NewPage) -> Page:
    return new_page(apart=True)


def test_one_whole_step_with_five_students(
    school: Playground, teacher: Page, new_page: NewPage
) -> None:
    code = _opened(school, teacher)
    first = _joined(school, new_page(390, 844, apart=True), code, "Ann")
    five = [first, *_students(school, new_page, code, 4)]
    expect(teacher.locator(".pc-count").first).to_have_text("5 joined")
    _pick(teacher, "Do its gradients vanish?")
    for page in five:
        expect(page.get_by_role("heading", name="Do its gradients vanish?")).to_be_visible()
        expect(page.locator(".pl-options button")).to_have_count(0)
    teacher.get_by_role("button", name="Ask this question").click()
    for number, page in enumerate(five):
        page.locator(".pl-options button").nth(0 if number < 2 else 2).click()
        expect(page.locator(".pc-status")).to_contain_text("Sent")
    expect(teacher.locator(".pc-lead .pc-count")).to_have_text("5 of 5 have answered")
    expect(teacher.locator(".pc-votes")).to_have_count(0)
    _shot(teacher, "asked")
    _shot(five[0], "asked-phone")
    teacher.get_by_role("button", name="Reveal").click()
    for page in (teacher, *five):
        bars = page.locator(".pc-options li b")
        expect(bars).to_have_text(["2", "0", "3"])
    teacher.get_by_role("button", name="Discuss, then vote again").click()
    for page in five:
        page.locator(".pl-options button").first.click()
    expect(teacher.locator(".pc-lead .pc-count")).to_have_text("5 of 5 have answered")
    teacher.get_by_role("button", name="Reveal").click()
    for page in (teacher, *five):
        expect(page.locator(".pc-vote")).to_have_count(2)
        expect(page.locator(".pc-options li b")).to_have_text(["2", "0", "3", "5", "0", "0"])
    _shot(teacher, "votes")
    _shot(five[0], "votes-phone")
    # Follow or roam.
    student = five[4]
    student.get_by_role("link", name="Go through the lesson on your own").click()
    expect(student.locator(".pc-strip")).to_contain_text("You are in class")
    teacher.get_by_text("Settings, table, end").click()
    teacher.get_by_label("Students may leave the step").uncheck()
    expect(student.locator(".pc-student")).to_be_visible()
    expect(student.get_by_text("This page follows the teacher.")).to_be_visible()


def test_drawn_curves_and_the_classes_own_figure_6(
    school: Playground, teacher: Page, new_page: NewPage
) -> None:
    pages = _students(school, new_page, _opened(school, teacher), 3)
    _pick(teacher, "More layers, more error?")
    teacher.get_by_role("button", name="Ask this question").click()
    for number, page in enumerate(pages):
        board = page.locator(".pl-board")
        expect(board).to_be_visible()
        box = board.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 2, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(
            box["x"] + box["width"] - 1, box["y"] + box["height"] * (0.3 + 0.2 * number), steps=12
        )
        page.mouse.up()
        page.get_by_role("button", name="Check").click()
        expect(page.locator(".pc-status")).to_contain_text("Sent")
    teacher.get_by_role("button", name="Reveal").click()
    for page in (teacher, *pages):
        expect(page.locator(".pc-band")).to_have_count(1)
        expect(page.locator(".pc-truth").first).to_be_attached()
    _shot(teacher, "band")
    teacher.get_by_role("button", name="Deal a network to each phone").click()
    for page in pages:
        expect(page.locator(".pc-dealt")).to_contain_text("You are")
        page.get_by_role("button", name="Train it here").click()
    for page in pages:
        expect(page.locator(".pc-dealt")).to_contain_text("on the teacher's page")
    expect(teacher.locator(".pc-figure circle")).to_have_count(3)
    _shot(teacher, "figure6")
    _shot(pages[0], "figure6-phone")


def test_a_server_that_is_killed_in_a_vote_loses_nothing(
    school: Playground, teacher: Page, new_page: NewPage
) -> None:
    pages = _students(school, new_page, _opened(school, teacher), 3)
    _pick(teacher, "Do its gradients vanish?")
    teacher.get_by_role("button", name="Ask this question").click()
    for page in pages[:2]:
        page.locator(".pl-options button").first.click()
        expect(page.locator(".pc-status")).to_contain_text("Sent")
    school.kill()
    expect(pages[0].locator(".pc-notice")).to_contain_text("does not answer")
    school.start()
    for page in pages:
        expect(page.locator(".pc-notice")).to_be_empty(timeout=5000)
    expect(pages[0].locator(".pc-status")).to_contain_text("Sent")
    pages[2].locator(".pl-options button").first.click()
    address = teacher.url
    teacher.goto("about:blank")  # closed and opened again
    teacher.goto(address)
    expect(teacher.locator(".pc-lead .pc-count")).to_have_text("3 of 3 have answered")
    for page in (teacher, *pages):
        stage().forgive(page)  # the connections that broke


def test_a_student_is_refused_what_only_the_teacher_may(
    school: Playground, teacher: Page, new_page: NewPage
) -> None:
    code = _opened(school, teacher)
    (student,) = _students(school, new_page, code, 1)
    for text in ("Reveal", "Ask this question", "Open a class", "Pause the class"):
        expect(student.get_by_text(text)).to_have_count(0)
    forged = """async ([path, fields]) => {
        const headers = {"Content-Type": "application/json"};
        const answer = await fetch(path, {method: "POST", headers, body: JSON.stringify(fields)});
        return [answer.status, (await answer.json()).error];
    }"""
    for name in ("lead", "end", "open", "network"):
        path = f"/playground-api/class/{name}"
        status, said = student.evaluate(forged, [path, {"code": code, "paused": True}])
        assert status == 403
        assert said
    assert store.of_home().get(code).lesson.paused is False
    stage().forgive(student)
    # Nor can the browser's scripts read the cookie that says who this is.
    assert "residual" not in student.evaluate("document.cookie")
    assert json.dumps(student.context.cookies()).count('"httpOnly": true') >= 1


def test_two_classes_at_once_do_not_see_each_other(
    school: Playground, teacher: Page, new_page: NewPage
) -> None:
    (student,) = _students(school, new_page, _opened(school, teacher), 1)
    other = new_page(apart=True)
    code = _opened(school, other)
    (stranger,) = _students(school, new_page, code, 1)
    _pick(other, "Do its gradients vanish?")
    other.get_by_role("button", name="Ask this question").click()
    stranger.locator(".pl-options button").first.click()
    expect(other.locator(".pc-lead .pc-count")).to_have_text("1 of 1 have answered")
    expect(teacher.locator(".pc-count").first).to_have_text("1 joined")
    expect(student.get_by_role("heading", name="Do its gradients vanish?")).to_have_count(0)
