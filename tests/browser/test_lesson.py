"""The lesson in a browser: at once on the screen, by mouse and by keyboard, on a projector."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from app.language.texts import say
from app.page_data.lesson.lesson import measure
from app.page_data.lesson.steps import IDS, PLANS, QUIZ
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground

SIZES = ((1280, 720), (1920, 1080))
_TAKEN_OVER = ".stApp .pl-words h1"


def _open(page: Page, playground: Playground, query: str = "") -> None:
    page.goto(f"{playground.url}/lesson?lang=en{query}")
    expect(page.locator(_TAKEN_OVER)).to_be_visible()


def _query(page: Page) -> str:
    return str(page.evaluate("window.location.search"))


def test_the_first_question_comes_before_streamlit(
    playground: Playground, new_page: NewPage
) -> None:
    page = new_page(1280, 720)
    held: list[Route] | None = []  # Streamlit's scripts, until the question is there

    def hold(route: Route) -> None:
        route.continue_() if held is None else held.append(route)

    page.route("**/static/js/**", hold)
    page.goto(f"{playground.url}/lesson?lang=en", wait_until="commit")
    expect(page.locator("#pg-lesson .pl-words h1")).to_be_visible()
    expect(page.locator(".stApp")).to_have_count(0)
    scripts, held = held, None
    for route in scripts:
        route.continue_()
    expect(page.locator(_TAKEN_OVER)).to_be_visible()
    expect(page.locator("#pg-lesson")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_what_was_answered_before_streamlit_came_is_kept(
    playground: Playground, new_page: NewPage
) -> None:
    page = new_page(1280, 720)
    page.goto(f"{playground.url}/lesson?lang=en&step=race", wait_until="commit")
    page.locator(".pl-options button").first.click()
    expect(page.locator(_TAKEN_OVER)).to_be_visible()
    expect(page.locator(".pl-measured")).to_contain_text(say("en", "lesson.ui.wrong"))
    assert "shown=true" in _query(page)


def test_the_next_step_asks_nothing_of_the_server(playground: Playground, page: Page) -> None:
    _open(page, playground, "&step=deeper")
    page.wait_for_load_state("networkidle")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for name in IDS[1:]:
        # Within one turn of the browser's loop: the step is there before anything else can happen.
        claim = page.evaluate("""() => {
            [...document.querySelectorAll(".pl-foot button")].at(-1).click();
            return document.querySelector(".pl-words h1").textContent;
        }""")
        assert claim == _claim(name)
    assert not [url for url in requests if "/playground-api/" in url]


def test_the_five_questions_lead_to_the_first_step(playground: Playground, page: Page) -> None:
    _open(page, playground)
    for _ in QUIZ:
        page.locator(".pl-options button").first.click()
    expect(page.locator(".pl-place")).to_contain_text("1")
    assert f"step={IDS[0]}" in _query(page)


def test_a_drawn_curve_is_checked_and_the_measured_one_appears(
    playground: Playground, page: Page
) -> None:
    _open(page, playground, "&step=deeper")
    board = page.get_by_role("slider")
    expect(page.locator("[data-part=plain]")).to_have_count(0)
    check = page.get_by_role("button", name=say("en", "lesson.ui.check"))
    expect(check).to_be_disabled()
    box = board.bounding_box()
    assert box
    page.mouse.move(box["x"] + 1, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"], box["y"] + 0.3 * box["height"], steps=12)
    page.mouse.up()
    check.click()
    expect(page.locator(".pl-verdict")).to_contain_text(say("en", "lesson.ui.right"))
    expect(page.locator("[data-part=plain]")).to_have_count(1)
    measured = measure("deeper")
    assert measured
    expect(page.locator(".pl-measured")).to_contain_text(f"{measured.values['asked']} %")


def test_the_whole_lesson_by_keyboard(playground: Playground, page: Page) -> None:
    _open(page, playground)
    for _ in QUIZ:
        _press(page, page.locator(".pl-options button").first)
    for name in IDS:
        expect(page.locator(".pl-words h1")).to_have_text(_claim(name))
        _answer(page)
        expect(page.locator(".pl-verdict")).to_be_visible()
        page.keyboard.press("ArrowRight")
    for question in QUIZ:
        place = question.options.index(question.right)
        _press(page, page.locator(".pl-options button").nth(place))
    expect(page.locator(".pl-score").nth(1)).to_contain_text("5 of 5")
    expect(page.locator(".pl-wrong li")).to_have_count(0)


def _claim(name: str) -> str:
    measured = measure(name)
    assert measured
    return say("en", f"lesson.step.{name}.claim", **measured.values)


def _press(page: Page, button: Locator) -> None:
    button.focus()
    page.keyboard.press("Enter")


def _answer(page: Page) -> None:
    """Answer the step that is shown, whatever its kind, with keys alone."""
    board = page.get_by_role("slider").and_(page.locator("rect"))
    if board.count():
        board.focus()
        for _ in range(8):
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowDown")
        _press(page, page.get_by_role("button", name=say("en", "lesson.ui.check")))
    elif page.locator(".pl-number").count():
        page.locator(".pl-number input[type=number]").focus()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
    else:
        _press(page, page.locator(".pl-options button").first)


def test_a_wrong_answer_at_the_end_says_why_and_where(playground: Playground, page: Page) -> None:
    _open(page, playground, "&step=end")
    for question in QUIZ:
        wrong = next(at for at, one in enumerate(question.options) if one != question.right)
        page.locator(".pl-options button").nth(wrong).click()
    mistakes = page.locator(".pl-wrong li")
    expect(mistakes).to_have_count(len(QUIZ))
    expect(mistakes.first.get_by_role("link")).to_have_attribute("href", "/lab-graft?lang=en")
    expect(page.locator(".pl-score").first).to_contain_text(say("en", "lesson.ui.not_asked"))


def test_a_sentence_brings_its_part_forward_and_back(playground: Playground, page: Page) -> None:
    _open(page, playground, "&step=twins&shown=true")
    mark = page.locator(".pl-measured .pl-mark").first
    mark.focus()
    expect(page.locator("[data-part=plain20]")).to_have_class("pl-part faint")
    expect(page.locator("[data-part=resnet]")).to_have_class("pl-part after")
    page.locator("h1").focus()
    expect(page.locator(".faint")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_on_a_projector_each_step_is_whole_on_one_screen(
    playground: Playground, new_page: NewPage, size: tuple[int, int]
) -> None:
    page = new_page(*size)
    _open(page, playground, "&view=projector&step=deeper")
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    for name in IDS:
        expect(page.locator(".pl-words h1")).to_have_text(_claim(name))
        _whole(page)
        page.keyboard.press("ArrowRight")
        expect(page.locator(".pl-result")).to_be_visible()
        _whole(page)
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stHeader")).to_be_visible()


def _whole(page: Page) -> None:
    """Nothing of the lesson is outside the window or over another part."""
    parts = json.loads(
        page.evaluate("""JSON.stringify([...document.querySelectorAll(
            ".pl-head, .pl-words > *, .pl-picture, .pl-foot")].map((one) => {
            const { top, bottom, left, right } = one.getBoundingClientRect();
            return [top, bottom, left, right, one.className];
        }))""")
    )
    width, height = page.evaluate("[innerWidth, innerHeight]")
    foot = next(part[0] for part in parts if part[4] == "pl-foot")
    for top, bottom, left, right, name in parts:
        assert min(top, left) >= -1, name
        assert right <= width + 1, name
        assert bottom <= height + 1, name
        assert name == "pl-foot" or bottom <= foot + 1, name


def test_an_unknown_step_is_said_and_the_lesson_begins(playground: Playground, page: Page) -> None:
    _open(page, playground, "&step=nothing")
    expect(page.get_by_role("alert").first).to_have_text(say("en", "lesson.ui.unknown"))


def test_the_place_is_kept_in_the_other_language(playground: Playground, page: Page) -> None:
    _open(page, playground, "&step=copy&shown=true")
    page.get_by_role("button", name="한국어").click()
    measured = measure("copy")
    assert measured
    claim = say("ko", "lesson.step.copy.claim", **measured.values)
    expect(page.locator(".pl-words h1")).to_have_text(claim)
    assert "step=copy" in _query(page)


def test_a_plan_leaves_steps_out_and_notes_are_for_the_teacher(
    playground: Playground, page: Page
) -> None:
    _open(page, playground)
    page.get_by_role("button", name=say("en", "lesson.ui.plan", n=20), exact=True).click()
    assert "plan=20" in _query(page)
    expect(page.locator(".pl-steps li")).to_have_count(len(PLANS[20]))
    expect(page.get_by_role("link", name=say("en", "lesson.ui.handout"))).to_have_attribute(
        "href", "/playground-api/handout?lang=en"
    )
    _open(page, playground, "&plan=20&step=twins&notes=true")
    expect(page.locator(".pl-notes")).to_contain_text(say("en", "lesson.notes.twins.ask"))
    page.get_by_role("button", name=say("en", "lesson.ui.notes")).click()
    expect(page.locator(".pl-notes")).to_have_count(0)


def test_the_handout_opens_in_the_readers_language(playground: Playground, page: Page) -> None:
    page.goto(f"{playground.url}/playground-api/handout?lang=ko")
    expect(page.locator("main.ko h1")).to_be_visible()
    expect(page.locator("main.en")).to_be_hidden()
    page.get_by_text("English").click()
    expect(page.locator("main.en h1")).to_be_visible()
