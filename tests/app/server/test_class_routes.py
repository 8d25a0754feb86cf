"""A class over HTTP: what each may do, what is refused, and what a page is told."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app.page_data.lesson.steps import QUIZ
from app.server import class_routes
from app.server.guard import Guard
from resnet_core.classroom import codes, figure6, store

_PATH = "/playground-api/class"


@pytest.fixture(autouse=True)
def fresh(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_routes, "_attempts", class_routes._Attempts())


class Browser:
    """A browser with its own cookies, at the machine or on the network."""

    def __init__(self, address: str = "192.168.4.9", host: str = "192.168.4.1") -> None:
        app = Starlette(routes=list(class_routes.routes()), middleware=[Middleware(Guard)])
        self.client = TestClient(app, f"http://{host}:8502", client=(address, 50000))

    def post(self, name: str, /, **fields: Any) -> Any:
        return self.client.post(f"{_PATH}/{name}", json=fields)

    def now(self, **query: str) -> Any:
        return self.client.get(f"{_PATH}/now", params=query).json()


def _owner() -> Browser:
    return Browser("127.0.0.1", "127.0.0.1")


def _class(students: int = 2) -> tuple[Browser, str, list[Browser]]:
    owner = _owner()
    code = owner.post("open").json()["code"]
    joined = [Browser(f"192.168.4.{10 + number}") for number in range(students)]
    for number, student in enumerate(joined):
        assert student.post("join", code=code, name=f"N{number}").status_code == 200
    return owner, code, joined


def _ask(owner: Browser, code: str, step: str) -> None:
    assert owner.post("lead", code=code, step=step).status_code == 200
    assert owner.post("lead", code=code, phase="asked").status_code == 200


def test_one_step_from_question_to_second_vote() -> None:
    owner, code, (one, two) = _class()
    _ask(owner, code, "gradients")
    assert one.post("answer", question="gradients", value="ten").status_code == 200
    assert one.now()["mine"] == {"gradients": "ten"}
    assert one.now()["votes"] is None  # not before it is revealed
    assert owner.now(code=code)["answered"] == 1
    two.post("answer", question="gradients", value="million")
    owner.post("lead", code=code, phase="revealed")
    votes = {"kind": "choose", "step": "gradients", "votes": [{"n": 2, "values": [1, 0, 1]}]}
    assert one.now()["votes"] == owner.now(code=code)["votes"] == votes
    owner.post("lead", code=code, vote=2, phase="asked")
    assert one.now()["mine"] == {}
    two.post("answer", question="gradients", value="ten")
    owner.post("lead", code=code, phase="revealed")
    assert [vote["values"] for vote in one.now()["votes"]["votes"]] == [[1, 0, 1], [1, 0, 0]]


def test_numbers_make_a_histogram_and_curves_a_band() -> None:
    owner, code, students = _class(3)
    _ask(owner, code, "copy")
    for student, value in zip(students, (0, 55, 100), strict=True):
        assert student.post("answer", question="copy", value=value).status_code == 200
    assert owner.now(code=code)["votes"]["votes"][0]["values"] == [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    _ask(owner, code, "deeper")
    for student, end in zip(students, (0.0, 50.0, 100.0), strict=True):
        curve = [[0, 90], [1000, end]]
        assert student.post("answer", question="deeper", value=curve).status_code == 200
    band = owner.now(code=code)["votes"]["votes"][0]["values"]
    assert band[0] == [0, 90, 90, 90]
    assert band[-1] == [1000, 10, 50, 90]  # tenths between three curves


@pytest.mark.parametrize(
    ("step", "question", "value"),
    [
        ("gradients", "gradients", "twelve"),
        ("gradients", "gradients", ["ten"]),
        ("gradients", "gradients", {"a": 1}),
        ("copy", "copy", 101),
        ("copy", "copy", "7"),
        ("copy", "copy", True),
        ("deeper", "deeper", [[0, 1]]),
        ("deeper", "deeper", [[5, 1], [3, 1]]),
        ("deeper", "deeper", [[0, 1], [1, 200]]),
        ("deeper", "deeper", [[0, 1]] * 500),
        ("deeper", "training", 3),
        ("deeper", "../x", 3),
        ("start", f"start.{QUIZ[0].id}", "no option"),
    ],
)
def test_what_is_no_answer_is_refused(step: str, question: str, value: object) -> None:
    owner, code, (student,) = _class(1)
    _ask(owner, code, step)
    assert student.post("answer", question=question, value=value).status_code == 400
    assert store.of_home().answers(code) == []


def test_the_five_questions_before_and_after() -> None:
    owner, code, (one, two) = _class()
    for place, right in (("start", 1), ("end", 2)):
        _ask(owner, code, place)
        for number, student in enumerate((one, two)):
            wrong = next(option for option in QUIZ[0].options if option != QUIZ[0].right)
            value = QUIZ[0].right if number < right else wrong
            student.post("answer", question=f"{place}.{QUIZ[0].id}", value=value)
    quiz = owner.now(code=code)["quiz"]
    assert (quiz["start"][0], quiz["end"][0]) == ([1, 2], [2, 2])


@pytest.mark.parametrize("name", ["lead", "end", "open", "network"])
def test_a_forged_request_of_a_student_or_guest_is_refused(name: str) -> None:
    _, code, (student, _) = _class()
    for browser in (student, Browser("192.168.4.77")):
        answer = browser.post(name, code=code, step="copy", phase="revealed")
        assert answer.status_code == 403, name
        assert answer.json()["error"]
    assert store.of_home().get(code).lesson.step == ""
    assert student.client.get(f"{_PATH}/table.csv?code={code}").status_code == 403


def test_a_student_cannot_answer_for_another_or_before_it_is_asked() -> None:
    owner, code, (one, _) = _class()
    owner.post("lead", code=code, step="copy")
    assert one.post("answer", question="copy", value=3).json()["key"] == "classroom.not_asked"
    guest = Browser("192.168.4.50")
    assert guest.post("answer", question="copy", value=3).status_code == 403


def test_the_teachers_link_makes_a_teacher_of_this_class_only() -> None:
    owner, code, (student, _) = _class()
    other = owner.post("open").json()["code"]
    link = owner.now(code=code)["link"]
    teacher = Browser("192.168.4.60")
    answer = teacher.client.get(link, follow_redirects=False)
    assert answer.status_code == 303
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert teacher.post("lead", code=other, step="copy").status_code == 200
    assert store.of_home().get(code).lesson.step == "copy"
    assert store.of_home().get(other).lesson.step == ""
    assert teacher.now(code=other)["code"] == code
    assert teacher.now()["link"] == ""
    forged = f"{_PATH}/teacher?token=teacher.{code}.{'A' * 43}"
    assert student.client.get(forged, follow_redirects=False).status_code == 400


def test_wrong_codes_are_limited_by_address_and_right_ones_are_not() -> None:
    _, code, _ = _class(0)
    guessing = Browser("192.168.4.66")
    answers = [guessing.post("join", code=codes.new_code()).status_code for _ in range(14)]
    assert answers == [400] * 12 + [429] * 2
    assert guessing.post("join", code=code).status_code == 429
    assert Browser("192.168.4.67").post("join", code=code).status_code == 200


def test_joining_twice_makes_one_student() -> None:
    _, code, (one, _) = _class()
    one.post("join", code=code)
    assert len(store.of_home().members(code)) == 2
    one.post("leave")
    assert len(store.of_home().members(code)) == 1
    assert one.now()["role"] == "guest"


def test_two_classes_do_not_hear_each_other() -> None:
    owner, code, (one, _) = _class()
    _, other, (two, _) = _class()
    _ask(owner, code, "gradients")
    _ask(owner, other, "gradients")
    one.post("answer", question="gradients", value="ten")
    assert two.now()["code"] == other
    assert owner.now(code=other)["answered"] == 0
    assert owner.now(code=code)["answered"] == 1


def test_names_are_shown_only_where_the_teacher_shows_them() -> None:
    owner, code, _ = _class()
    assert owner.now(code=code)["members"] == ["", ""]
    owner.post("lead", code=code, hide_names=False)
    assert owner.now(code=code)["members"] == ["N0", "N1"]


def _run(number: int, **changes: Any) -> dict[str, Any]:
    """What the phone of the student with this number sends."""
    dealt = figure6.deal(number)
    shortcut = 2 if dealt.residual else 0
    settings = {"seed": dealt.seed, "depth": dealt.layers, "shortcut": shortcut}
    network = {"settings": {**settings, **changes.pop("settings", {})}, "error": 0.25}
    network |= {name: changes.pop(name) for name in ("error",) if name in changes}
    return {"format": figure6.FORMAT, "updates": 1000, "networks": [network], **changes}


def test_results_of_phones_make_the_classes_figure() -> None:
    owner, code, (one, two) = _class()
    assert one.post("result", run=_run(1)).json()["key"] == "classroom.not_dealt"
    owner.post("lead", code=code, dealt=True)
    deal = {"layers": 4, "residual": False, "seed": 1, "updates": 1000}
    assert one.now()["deal"] == deal
    assert one.post("result", run=_run(1)).status_code == 200
    assert two.post("result", run=_run(2, error=0.01)).status_code == 200
    points = [
        {"layers": 4, "residual": False, "error": 0.25},
        {"layers": 4, "residual": True, "error": 0.01},
    ]
    assert owner.now(code=code)["results"] == points


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"settings": {"seed": 9}}, "other"),
        ({"settings": {"depth": 40}}, "other"),
        ({"settings": {"shortcut": 2}}, "other"),
        ({"updates": 10}, "short"),
        ({"updates": "1000"}, "short"),
        ({"error": -0.1}, "impossible"),
        ({"error": 1.5}, "impossible"),
        ({"error": 0.1234}, "impossible"),  # no number of 400 points
        ({"error": "0.25"}, "unreadable"),
        ({"error": None}, "unreadable"),
        ({"format": "other"}, "unreadable"),
        ({"networks": []}, "unreadable"),
    ],
)
def test_a_result_that_cannot_be_is_refused(changes: dict[str, Any], key: str) -> None:
    owner, code, (student,) = _class(1)
    owner.post("lead", code=code, dealt=True)
    answer = student.post("result", run=_run(1, **changes))
    assert answer.json()["key"] == f"classroom.result.{key}"
    assert store.of_home().results(code) == []


def test_thirty_students_are_dealt_every_depth_in_pairs() -> None:
    deals = [figure6.deal(number) for number in range(1, 31)]
    assert len(set(deals)) == 30
    assert {one.layers for one in deals} == set(figure6.LAYERS)
    assert sum(one.residual for one in deals) == 15
    pairs = zip(deals[::2], deals[1::2], strict=True)
    assert all((one.layers, one.seed) == (two.layers, two.seed) for one, two in pairs)


def test_the_table_is_csv_without_formulas() -> None:
    owner, code, _ = _class(0)
    student = Browser("192.168.4.20")
    student.post("join", code=code, name="=cmd()")
    owner.post("lead", code=code, hide_names=False)
    _ask(owner, code, "gradients")
    student.post("answer", question="gradients", value="ten")
    text = owner.client.get(f"{_PATH}/table.csv?code={code}").text.removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1] == ["1", "'=cmd()", "gradients", "1", "ten"]


def test_large_and_broken_requests_are_refused() -> None:
    owner = _owner()
    for content in (b"{" * 40_000, b"[1]", b"\xff\xfe", b'{"a": ' * 5000, b"nan"):
        answer = owner.client.post(f"{_PATH}/lead", content=content)
        assert answer.status_code in (400, 403)


def test_a_page_that_has_the_news_is_told_so() -> None:
    owner, code, (student, _) = _class()
    first = student.client.get(f"{_PATH}/now")
    tag = {"If-None-Match": first.headers["etag"]}
    assert student.client.get(f"{_PATH}/now", headers=tag).status_code == 304
    owner.post("lead", code=code, step="copy")
    assert student.client.get(f"{_PATH}/now", headers=tag).status_code == 200
