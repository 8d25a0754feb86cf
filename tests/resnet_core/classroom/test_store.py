"""Classes in the home folder: they outlive a kill, end completely, and are apart."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from resnet_core.classroom import store
from resnet_core.classroom.record import Answer, Result, nickname
from resnet_core.errors import PlaygroundError


def _asked(step: str = "gradients") -> str:
    classes = store.of_home()
    code = classes.create().code
    classes.lead(code, step=step, phase="asked")
    return code


def test_a_class_from_its_code_to_both_votes(home: Path) -> None:
    classes = store.of_home()
    code = _asked()
    one, two = classes.join(code, "Ann"), classes.join(code)
    assert (one.number, two.number, two.name) == (1, 2, "")
    classes.answer(Answer(member=one.id, question="gradients", vote=1, value="ten"))
    classes.answer(Answer(member=two.id, question="gradients", vote=1, value="ten"))
    classes.answer(Answer(member=two.id, question="gradients", vote=1, value="million"))
    classes.lead(code, vote=2)
    classes.answer(Answer(member=one.id, question="gradients", vote=2, value="thousand"))
    said = [(one.vote, one.value) for one in classes.answers(code, "gradients")]
    assert said == [(1, "ten"), (2, "thousand"), (1, "million")]


def test_versions_rise_with_what_pages_show(home: Path) -> None:
    classes = store.of_home()
    code = _asked()
    before = classes.get(code)
    member = classes.join(code)
    classes.answer(Answer(member=member.id, question="gradients", vote=1, value="ten"))
    after = classes.get(code)
    assert (after.version, after.news) == (before.version, before.news + 2)
    assert classes.lead(code, roam=False).version == after.version + 1


@pytest.mark.parametrize(
    ("changes", "answer", "key"),
    [
        ({"paused": True}, {}, "classroom.paused"),
        ({"phase": "revealed"}, {}, "classroom.not_asked"),
        ({}, {"vote": 2}, "classroom.not_asked"),
        ({}, {"question": "remove"}, "classroom.not_asked"),
        ({"step": "", "phase": "asked"}, {"question": ".x"}, "classroom.not_asked"),
    ],
)
def test_an_answer_that_is_not_asked_for_is_refused(
    home: Path, changes: dict[str, object], answer: dict[str, object], key: str
) -> None:
    classes = store.of_home()
    code = _asked()
    member = classes.join(code)
    classes.lead(code, **changes)
    fields = {"member": member.id, "question": "gradients", "vote": 1, "value": "ten", **answer}
    with pytest.raises(PlaygroundError) as refused:
        classes.answer(Answer(**fields))
    assert refused.value.key == key
    assert classes.answers(code) == []


def test_two_classes_do_not_see_each_other(home: Path) -> None:
    classes = store.of_home()
    codes = [_asked(), _asked()]
    for code in codes:
        member = classes.join(code, code)
        classes.answer(Answer(member=member.id, question="gradients", vote=1, value="ten"))
        classes.lead(code, dealt=True)
        result = Result(member=member.id, layers=20, residual=False, seed=1, error=0.5)
        classes.put_result(result)
    for code in codes:
        assert [one.name for one in classes.members(code)] == [code]
        assert len(classes.answers(code)) == len(classes.results(code)) == 1


def test_an_ended_class_leaves_nothing_behind(home: Path) -> None:
    classes = store.of_home()
    code = _asked()
    member = classes.join(code, "Unmistakable")
    classes.answer(Answer(member=member.id, question="gradients", vote=1, value="ten"))
    classes.own(["run-1"], code, member.id)
    classes.end(code)
    assert classes.find(code) is None
    assert classes.member(member.id) is None
    assert classes.owner("run-1") == ("", "")
    with pytest.raises(PlaygroundError) as refused:
        classes.answer(Answer(member=member.id, question="gradients", vote=1, value="ten"))
    assert refused.value.key == "classroom.gone"


def test_a_class_is_deleted_after_thirty_days(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classes = store.of_home()
    code = _asked()
    now = time.time()
    monkeypatch.setattr(store.time, "time", lambda: now + 29.9 * 86400)
    classes.sweep()
    assert classes.find(code)
    monkeypatch.setattr(store.time, "time", lambda: now + 30.1 * 86400)
    classes.sweep()
    assert classes.find(code) is None


def test_a_student_who_leaves_takes_answers_along(home: Path) -> None:
    classes = store.of_home()
    code = _asked()
    member = classes.join(code)
    classes.answer(Answer(member=member.id, question="gradients", vote=1, value="ten"))
    classes.leave(member.id)
    assert classes.answers(code) == []


def _vote_until_killed(code: str, members: list[str], told: object) -> None:
    for member in members:
        store.of_home().answer(Answer(member=member, question="gradients", vote=1, value="ten"))
        told.send(member)  # type: ignore[attr-defined]
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_vote_that_was_confirmed_survives_a_kill(home: Path) -> None:
    code = _asked()
    members = [store.of_home().join(code).id for _ in range(5)]
    hears, told = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_vote_until_killed, args=(code, members, told))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert [one.member for one in store.of_home().answers(code)] == members
    assert [hears.recv() for _ in members] == members


def test_a_damaged_file_is_put_aside(home: Path) -> None:
    (home / "classes.sqlite3").write_bytes(b"no database at all" * 100)
    store._classes.cache_clear()
    assert store.of_home().all() == []
    assert len(list(home.glob("classes.sqlite3.damaged-*"))) == 1


def test_a_name_is_one_short_line_of_what_can_be_seen() -> None:
    assert nickname("  Ann\n\tB.  ") == "Ann B."
    assert nickname("a\u202egnp.exe\u0000") == "a gnp.exe"
    assert nickname("<b>x</b>") == "<b>x</b>"  # shown as text where it is shown
    assert len(nickname("가" * 100)) == 24


def test_too_many_students_are_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_MEMBERS", 2)
    code = _asked()
    store.of_home().join(code)
    store.of_home().join(code)
    with pytest.raises(PlaygroundError) as refused:
        store.of_home().join(code)
    assert refused.value.key == "classroom.full"
