"""Asking, finding again, stopping; nobody works in these tests unless they do it themselves."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError, ResultNotFound, WrongState
from resnet_core.labs import line, status
from resnet_core.labs.events import Progress, Rows, Verdict
from resnet_core.labs.results import recording, requests, results
from resnet_core.labs.results.event_log import Journal
from resnet_core.labs.results.folder import LabFolder, of_result
from resnet_core.labs.results.request import Order
from resnet_core.runs import queries
from resnet_core.system import processes
from tests.tiny_laboratory import NAME


@pytest.fixture
def order(tiny: None, home: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    monkeypatch.setattr(queries, "RECORDED", home / "recorded")
    return Order.create(NAME)


def begin(lab_id: str, pid: int | None = None) -> LabFolder:
    """Be the worker, by default this process."""
    folder = of_result(lab_id)
    pid = pid or os.getpid()
    created = processes.created(pid) or 1.0
    begun = status.change(
        folder, {"waiting"}, state="running", started=time.time(), pid=pid, pid_created=created
    )
    assert begun
    return folder


def finish(lab_id: str) -> None:
    folder = begin(lab_id)
    with Journal(folder.events) as file:
        file.write(Rows("counts", [{"number": 1, "square": 1.23456789, "note": None}]))
        file.write(Progress(1, 3))
        file.write(Verdict("counted", {"count": 3}))
    status.change(
        folder,
        {"running"},
        state="finished",
        ended=time.time(),
        hardware="a test",
        pid=None,
        pid_created=None,
    )
    line.leave(lab_id)


def test_the_same_question_is_asked_once(order: Order) -> None:
    assert requests.submit(order) == requests.submit(order) == order.id
    assert line.ids() == [order.id]
    other = requests.submit(Order.create(NAME, steps=4))
    assert line.ids() == [order.id, other]
    found = results.read(order.id)
    assert (found.order, found.state, found.recorded) == (order, "waiting", False)
    assert (found.tables, found.verdicts, found.progress, found.seconds) == ({}, [], None, None)


def test_a_whole_class_that_asks_together_gets_one_result(order: Order) -> None:
    ids: list[str] = []
    barrier = threading.Barrier(12)

    def ask() -> None:
        barrier.wait()
        ids.append(requests.submit(order))

    pupils = [threading.Thread(target=ask) for _ in range(12)]
    for pupil in pupils:
        pupil.start()
    for pupil in pupils:
        pupil.join()
    assert ids == [order.id] * 12
    assert line.ids() == [order.id]


def test_what_is_finished_is_not_computed_again(order: Order) -> None:
    finish(requests.submit(order))
    assert requests.submit(order) == order.id
    assert line.ids() == []
    found = results.read(order.id)
    assert found.state == "finished"
    assert found.tables["counts"]["square"].tolist() == [1.23456789]
    assert list(found.tables) == ["counts"]
    assert list(found.tables["counts"]) == ["number", "square", "note"]
    assert found.sentences == ["It counted to 3."]
    assert (found.progress, found.hardware) == (Progress(1, 3), "a test")
    assert found.day == time.strftime("%Y-%m-%d", time.gmtime())


def test_unless_it_is_asked_for(order: Order) -> None:
    finish(requests.submit(order))
    assert requests.retry(order.id) == order.id
    assert results.read(order.id).state == "waiting"
    assert results.read(order.id).tables == {}
    assert line.ids() == [order.id]
    with pytest.raises(WrongState, match="waiting already"):
        requests.retry(order.id)


def test_what_waits_is_stopped_at_once(order: Order) -> None:
    requests.submit(order)
    requests.stop(order.id)
    found = results.read(order.id)
    assert (found.state, found.reason) == ("stopped", "It was stopped before it began.")
    assert line.ids() == []
    with pytest.raises(WrongState, match="is stopped; there is nothing to stop"):
        requests.stop(order.id)
    requests.submit(order)
    assert results.read(order.id).state == "waiting"


def test_what_runs_is_asked_to_stop(order: Order) -> None:
    requests.submit(order)
    folder = begin(order.id)
    requests.stop(order.id)
    assert folder.stop.exists()
    assert results.read(order.id).state == "running"
    assert (results.read(order.id).seconds or 0) < 60


@pytest.mark.parametrize("asked", [False, True])
def test_a_worker_that_died_is_noticed_by_whoever_reads(order: Order, asked: bool) -> None:
    requests.submit(order)
    folder = begin(order.id, pid=2**22 + 1)  # beyond what a system gives
    with Journal(folder.events) as file:
        file.write(Rows("counts", [{"number": 1, "square": 1, "note": None}]))
    if asked:
        folder.stop.touch()
    found = results.read(order.id)
    assert found.state == ("stopped" if asked else "failed")
    assert ("asked to stop" if asked else "worker was killed") in found.reason
    assert len(found.tables["counts"]) == 1
    requests.submit(order)
    assert results.read(order.id).state == "waiting"
    assert not folder.stop.exists()


def test_a_start_that_led_to_nothing_is_given_up(order: Order) -> None:
    requests.submit(order)
    folder = of_result(order.id)
    status.change(folder, {"waiting"}, state="running", started=time.time())
    assert results.read(order.id).state == "running"
    status.change(folder, {"running"}, started=time.time() - 1000)
    assert results.read(order.id).state == "failed"


def test_an_asker_who_died_halfway_is_helped_by_the_next(order: Order) -> None:
    requests.submit(order)
    line.leave(order.id)
    requests.submit(order)
    assert line.ids() == [order.id]


@pytest.mark.parametrize("damage", ["order", "no order", "state", "no state", "events"])
def test_a_damaged_folder_can_be_asked_for_again(order: Order, damage: str) -> None:
    finish(requests.submit(order))
    folder = of_result(order.id)
    match damage:
        case "order":
            folder.order.write_text("{")
            with pytest.raises(PlaygroundError, match=r"damaged order\.json; delete the folder"):
                results.read(order.id)
        case "no order":
            folder.order.unlink()
            with pytest.raises(ResultNotFound):
                results.read(order.id)
        case "state" | "no state":
            folder.state.write_text("[]") if damage == "state" else folder.state.unlink()
            assert results.read(order.id).state == "failed"
            assert "damaged; run the laboratory again" in results.read(order.id).reason
        case "events":
            folder.events.write_text('nothing\n{"seconds": 1}\nof this\n')
            assert results.read(order.id).state == "failed"
            assert results.read(order.id).reason == results.DAMAGED
            assert results.read(order.id).tables == {}
    requests.submit(order)
    assert results.read(order.id).state == "waiting"


@pytest.mark.parametrize(
    "lab_id", ["tiny-000000000000", "..", "../runs", "/etc/passwd", "", "tiny-xyz", "line", "tiny"]
)
def test_ids_of_nothing_are_refused(order: Order, lab_id: str) -> None:
    for question in (results.read, requests.stop, requests.retry):
        with pytest.raises(ResultNotFound):
            question(lab_id)


def test_a_result_of_a_laboratory_that_is_gone_is_refused(order: Order) -> None:
    folder = of_result("gone-000000000000")
    folder.path.mkdir(parents=True)
    folder.order.write_text('{"format": 1, "laboratory": "gone", "settings": {}}')
    with pytest.raises(PlaygroundError, match="there is no laboratory gone"):
        results.read("gone-000000000000")
    folder.order.write_text('{"format": 99}')
    with pytest.raises(PlaygroundError, match="another version of the program"):
        results.read("gone-000000000000")


def test_a_recorded_answer_is_found_by_the_same_question(order: Order, home: Path) -> None:
    finish(requests.submit(order))
    path = recording.record(order.id)
    assert path == home / "recorded" / "labs" / NAME
    folder = of_result(order.id)
    for file in folder.path.iterdir():
        file.unlink()
    folder.path.rmdir()

    assert requests.submit(order) == order.id
    assert line.ids() == []
    found = results.read(order.id)
    assert (found.recorded, found.state, found.hardware) == (True, "finished", "a test")
    assert found.tables["counts"]["square"].tolist() == [1.23457]
    assert found.sentences == ["It counted to 3."]
    assert found == results.recorded(NAME)
    with pytest.raises(WrongState, match="on record"):
        requests.stop(order.id)
    with pytest.raises(ResultNotFound):
        results.read(Order.create(NAME, steps=4).id)

    requests.retry(order.id)
    assert (results.read(order.id).recorded, results.read(order.id).state) == (False, "waiting")


def test_answers_to_other_questions_are_on_record_beside_it(order: Order, home: Path) -> None:
    other = Order.create(NAME, steps=4)
    finish(requests.submit(other))
    assert recording.record(other.id) == home / "recorded" / "labs" / other.id
    shutil.rmtree(of_result(other.id).path)

    assert requests.submit(other) == other.id
    assert line.ids() == []
    found = results.read(other.id)
    assert (found.recorded, found.order, found.state) == (True, other, "finished")
    assert results.recorded(NAME) is None  # the page's own question is still open
    with pytest.raises(ResultNotFound):
        results.read(order.id)


def test_only_what_is_finished_is_recorded(order: Order) -> None:
    requests.submit(order)
    with pytest.raises(WrongState, match="only finished"):
        recording.record(order.id)
    assert results.recorded(NAME) is None
