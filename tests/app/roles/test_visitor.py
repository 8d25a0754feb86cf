"""Who a visitor is, and what each may do, at the functions that act."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app import services
from app.background import downloads
from app.roles import visitor
from app.roles.visitor import GUEST, OWNER, NotAllowed, Visitor
from resnet_core.classroom import codes, store
from resnet_core.errors import PlaygroundError
from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import queries
from tests.app.runs_on_record import put_on_record

Act = Callable[[Visitor], None]


@pytest.fixture(autouse=True)
def no_supervisor(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ensure_supervisor", lambda: None)


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Act:
    """Makes a visitor of the tests' commands."""
    return lambda who: monkeypatch.setattr(visitor, "current", lambda: who)


def _class(**lesson: object) -> tuple[Visitor, Visitor, Visitor]:
    """A teacher and two students."""
    code = store.of_home().create().code
    store.of_home().lead(code, **lesson)
    students = [Visitor("student", code, store.of_home().join(code).id) for _ in range(2)]
    return Visitor("teacher", code), students[0], students[1]


def _small(seed: int = 0) -> list[Experiment]:
    return [Experiment.create(network="cifar/resnet-8", iterations=10, data="shapes", seed=seed)]


def _refused(call: Callable[[], object]) -> str:
    with pytest.raises(NotAllowed) as error:
        call()
    return error.value.key


def test_cookies_and_place_make_the_visitor() -> None:
    teacher, student, _ = _class()
    member = {visitor.MEMBER: codes.token("member", student.member)}
    teaching = {visitor.TEACHER: codes.token("teacher", teacher.code)}
    assert visitor.of("here", {}) == OWNER
    assert visitor.of("network", {}) == GUEST
    assert visitor.of("network", teaching) == teacher
    assert visitor.of("network", member) == visitor.of("here", member) == student
    assert visitor.of("here", {}, embedded=True) == GUEST
    forged = {visitor.TEACHER: teaching[visitor.TEACHER][:-2] + "xx"}
    assert visitor.of("network", forged) == GUEST
    swapped = {visitor.TEACHER: member[visitor.MEMBER], visitor.MEMBER: teaching[visitor.TEACHER]}
    assert visitor.of("network", swapped) == GUEST


def test_a_cookie_ends_with_its_class() -> None:
    teacher, student, _ = _class()
    cookies = {
        visitor.MEMBER: codes.token("member", student.member),
        visitor.TEACHER: codes.token("teacher", teacher.code),
    }
    store.of_home().end(teacher.code)
    assert visitor.of("network", cookies) == GUEST


def test_a_machine_that_trusts_its_network_has_owners_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_VISITORS", "owners")
    assert visitor.of("network", {}) == OWNER


def test_a_student_stops_and_deletes_own_runs_only(act: Act) -> None:
    teacher, one, two = _class(trainings=True)
    act(one)
    (run,) = services.submit(_small())
    act(two)
    for command in (services.stop, services.delete, services.pause, services.retry):
        assert _refused(lambda command=command: command(run.id)) == "classroom.only_own"
    assert queries.run(run.id).state == "queued"
    act(one)
    services.stop(run.id)
    act(teacher)
    services.delete(run.id)
    assert not queries.runs()


def test_runs_of_the_machine_are_its_owners(act: Act) -> None:
    put_on_record("old-run")
    teacher, student, _ = _class(trainings=True)
    for who in (teacher, student):
        act(who)
        assert _refused(lambda: services.delete("old-run")) == "classroom.only_own"
    act(GUEST)
    assert _refused(lambda: services.delete("old-run")) == "classroom.join_first"
    act(OWNER)
    services.delete("old-run")


def test_a_class_neither_sees_nor_touches_anothers_runs(act: Act) -> None:
    teacher, student, _ = _class(trainings=True)
    other_teacher, other, _ = _class(trainings=True)
    act(student)
    (run,) = services.submit(_small())
    for who in (other, other_teacher):
        act(who)
        assert visitor.visible(queries.runs()) == []
        assert _refused(lambda: services.stop(run.id)) == "classroom.only_own"
    for who in (student, teacher, OWNER):
        act(who)
        assert len(visitor.visible(queries.runs())) == 1


@pytest.mark.parametrize(
    ("lesson", "experiments", "key"),
    [
        ({}, _small(), "classroom.no_trainings"),
        ({"trainings": True, "paused": True}, _small(), "classroom.paused"),
        ({"trainings": True}, [_small()[0].changed(data="/etc")], "classroom.own_data"),
        (
            {"trainings": True},
            [presets.photographs()[0].changed(iterations=64_000)],
            "classroom.too_large",
        ),
    ],
)
def test_what_a_student_may_not_train(
    act: Act, lesson: dict[str, object], experiments: list[Experiment], key: str
) -> None:
    _, student, _ = _class(**lesson)
    act(student)
    assert _refused(lambda: services.submit(experiments)) == key
    assert not queries.runs()


def test_a_student_trains_one_at_a_time(act: Act) -> None:
    _, student, other = _class(trainings=True)
    act(student)
    services.submit(_small())
    assert _refused(lambda: services.submit(_small(1))) == "classroom.one_at_a_time"
    act(other)
    services.submit(_small(1))


def test_the_first_pages_four_are_within_a_students_limits(act: Act) -> None:
    _, student, _ = _class(trainings=True)
    act(student)
    assert len(services.submit(presets.photographs())) == 4


def test_a_full_queue_takes_no_more_of_students(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "MOST_WAITING", 1)
    _, student, other = _class(trainings=True)
    act(student)
    services.submit(_small())
    act(other)
    assert _refused(lambda: services.submit(_small(1))) == "classroom.queue_full"


def test_a_guest_only_looks(act: Act) -> None:
    act(GUEST)
    assert _refused(lambda: services.submit(_small())) == "classroom.join_first"
    assert _refused(lambda: services.move("run-1", 1)) == "classroom.join_first"
    assert _refused(visitor.check_laboratory) == "classroom.join_first"


def test_the_machine_is_its_owners(act: Act) -> None:
    teacher, student, _ = _class(trainings=True)
    for who in (teacher, student):
        act(who)
        assert _refused(lambda: services.move("run-1", 1)) == "classroom.only_owner"
        assert _refused(lambda: downloads.fetch("cifar10")) == "classroom.only_owner"


def test_a_refusal_is_a_sentence(act: Act) -> None:
    act(GUEST)
    with pytest.raises(PlaygroundError, match="Join the class first"):
        services.delete("run-1")
