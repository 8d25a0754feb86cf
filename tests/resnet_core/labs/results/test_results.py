"""Results, their events and the commands on them; each test plays the worker's part itself."""

from __future__ import annotations

import json
import math
import os
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from resnet_core.errors import PlaygroundError, ResultNotFound, WrongState
from resnet_core.jobs import laboratories, supervisor
from resnet_core.labs.events import Progress, Rows, Verdict
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabFolder, LabRequest, of_result
from resnet_core.labs.results.results import EventWriter
from resnet_core.runs import queries, store
from resnet_core.system import processes, texts
from tests.tiny_laboratory import NAME


@pytest.fixture
def lab_request(tiny: None, home: Path, monkeypatch: pytest.MonkeyPatch) -> LabRequest:
    monkeypatch.setattr(queries, "RECORDED", home / "recorded")
    return LabRequest.create(NAME)


def queued() -> list[str]:
    """The ids in the queue, in its order."""
    return [job.id for job in store.of_home().jobs({"queued"})]


def forget(lab_id: str) -> None:
    """Take a result off the index, as in a home folder to which it was copied by hand."""
    store.of_home().database.write(lambda c: c.execute("DELETE FROM job WHERE id = ?", (lab_id,)))


def begin(lab_id: str, pid: int | None = None) -> LabFolder:
    """Play the supervisor and the worker, by default this process."""
    index = store.of_home()
    job = index.claim("laboratory")
    assert job is not None
    assert job.id == lab_id
    pid = pid or os.getpid()
    created = processes.created(pid) or 1.0
    index.change(job, {"running"}, started=time.time(), pid=pid, pid_created=created)
    return of_result(lab_id)


def finish(lab_id: str) -> None:
    folder = begin(lab_id)
    with EventWriter(folder.events) as file:
        file.write(Rows("counts", [{"number": 1, "square": 1.23456789, "note": None}]))
        file.write(Progress(1, 3))
        file.write(Verdict("counted", {"count": 3}))
    index = store.of_home()
    job = index.job(lab_id)
    assert job is not None
    index.change(
        job,
        {"running"},
        state="finished",
        ended=time.time(),
        hardware="a test",
        pid=None,
        pid_created=None,
    )


def test_the_same_question_is_asked_once(lab_request: LabRequest) -> None:
    assert laboratories.submit(lab_request) == laboratories.submit(lab_request) == lab_request.id
    assert queued() == [lab_request.id]
    other = laboratories.submit(LabRequest.create(NAME, steps=4))
    assert queued() == [lab_request.id, other]
    result = results.read(lab_request.id)
    assert (result.request, result.state, result.recorded) == (lab_request, "queued", False)
    assert (result.tables, result.verdicts, result.progress, result.seconds) == ({}, [], None, None)


def test_a_whole_class_that_asks_together_gets_one_result(lab_request: LabRequest) -> None:
    ids: list[str] = []
    barrier = threading.Barrier(12)

    def ask() -> None:
        barrier.wait()
        ids.append(laboratories.submit(lab_request))

    pupils = [threading.Thread(target=ask) for _ in range(12)]
    for pupil in pupils:
        pupil.start()
    for pupil in pupils:
        pupil.join()
    assert ids == [lab_request.id] * 12
    assert queued() == [lab_request.id]


def test_what_is_finished_is_not_computed_again(lab_request: LabRequest) -> None:
    finish(laboratories.submit(lab_request))
    assert laboratories.submit(lab_request) == lab_request.id
    assert queued() == []
    result = results.read(lab_request.id)
    assert result.state == "finished"
    assert result.tables["counts"]["square"].tolist() == [1.23456789]
    assert list(result.tables) == ["counts"]
    assert list(result.tables["counts"]) == ["number", "square", "note"]
    assert result.sentences == ["It counted to 3."]
    assert (result.progress, result.hardware) == (Progress(1, 3), "a test")
    assert result.day == time.strftime("%Y-%m-%d", time.gmtime())


def test_unless_it_is_asked_for(lab_request: LabRequest) -> None:
    finish(laboratories.submit(lab_request))
    assert laboratories.retry(lab_request.id) == lab_request.id
    assert results.read(lab_request.id).state == "queued"
    assert results.read(lab_request.id).tables == {}
    assert queued() == [lab_request.id]
    with pytest.raises(WrongState, match="queued already"):
        laboratories.retry(lab_request.id)


def test_what_waits_is_stopped_at_once(lab_request: LabRequest) -> None:
    laboratories.submit(lab_request)
    laboratories.stop(lab_request.id)
    result = results.read(lab_request.id)
    assert (result.state, result.reason) == ("stopped", "It was stopped before it started.")
    assert queued() == []
    with pytest.raises(WrongState, match="is stopped; there is nothing to stop"):
        laboratories.stop(lab_request.id)
    laboratories.submit(lab_request)
    assert results.read(lab_request.id).state == "queued"


def test_what_runs_is_asked_to_stop(lab_request: LabRequest) -> None:
    laboratories.submit(lab_request)
    begin(lab_request.id)
    laboratories.stop(lab_request.id)
    assert store.of_home().requested(lab_request.id) == "stop"
    assert results.read(lab_request.id).state == "running"
    assert (results.read(lab_request.id).seconds or 0) < 3600


@pytest.mark.parametrize("stop_requested", [False, True])
def test_a_dead_worker_is_noticed_by_the_next_command(
    lab_request: LabRequest, stop_requested: bool
) -> None:
    laboratories.submit(lab_request)
    folder = begin(lab_request.id)
    with EventWriter(folder.events) as file:
        file.write(Rows("counts", [{"number": 1, "square": 1, "note": None}]))
    if stop_requested:
        laboratories.stop(lab_request.id)
    job = store.of_home().job(lab_request.id)
    assert job is not None
    store.of_home().change(job, {"running"}, pid=2**22 + 1)  # beyond what a system gives
    with pytest.raises(WrongState):
        laboratories.stop(lab_request.id)
    result = results.read(lab_request.id)
    assert result.state == ("stopped" if stop_requested else "interrupted")
    assert ("asked to stop" if stop_requested else "worker was killed") in result.reason
    assert len(result.tables["counts"]) == 1
    laboratories.submit(lab_request)
    assert results.read(lab_request.id).state == "queued"
    assert store.of_home().requested(lab_request.id) is None


def test_a_start_without_a_worker_is_given_up(lab_request: LabRequest) -> None:
    laboratories.submit(lab_request)
    job = store.of_home().claim("laboratory")
    assert job is not None
    assert results.read(lab_request.id).state == "running"
    store.of_home().change(job, {"running"}, heartbeat=time.time() - 1000)
    supervisor.end_all_dead()
    assert results.read(lab_request.id).state == "interrupted"


@pytest.mark.parametrize("damage", ["order", "no order", "unknown", "events"])
def test_a_damaged_folder_can_be_asked_for_again(lab_request: LabRequest, damage: str) -> None:
    finish(laboratories.submit(lab_request))
    folder = of_result(lab_request.id)
    match damage:
        case "order":
            folder.request_file.write_text("{")
            with pytest.raises(PlaygroundError, match=r"damaged order\.json; delete the folder"):
                results.read(lab_request.id)
        case "no order":
            folder.request_file.unlink()
            with pytest.raises(ResultNotFound):
                results.read(lab_request.id)
        case "unknown":
            forget(lab_request.id)
            folder.state.write_text("[]")
            assert results.read(lab_request.id).state == "failed"
            assert "damaged; run the laboratory again" in results.read(lab_request.id).reason
        case "events":
            folder.events.write_text('nothing\n{"seconds": 1}\nof this\n')
            assert results.read(lab_request.id).state == "failed"
            assert (
                results.read(lab_request.id).reason
                == "Its results are damaged; run the laboratory again."
            )
            assert results.read(lab_request.id).tables == {}
    laboratories.submit(lab_request)
    assert results.read(lab_request.id).state == "queued"


def test_an_answer_of_an_earlier_version_is_still_read(lab_request: LabRequest) -> None:
    """It may have a setting, a verdict or a value that the laboratory does not know any more."""
    lab_id = laboratories.submit(lab_request)
    finish(lab_id)
    folder = of_result(lab_id)
    values = json.loads(folder.request_file.read_text())
    values["version"] += 1
    values["settings"]["patience"] = 4
    folder.request_file.write_text(json.dumps(values))
    events = folder.events.read_text()
    folder.events.write_text(events.replace('"count": 3', '"number": 3'))

    earlier = results.read(lab_id)

    assert earlier.is_of_earlier_version
    assert earlier.request.to_json() == values  # so its id is what it was
    assert earlier.sentences == [texts.text("en", "labs.common.earlier_version")]
    assert len(earlier.tables["counts"]) == 1


def test_a_value_that_this_version_lacks_is_not_passed_over(lab_request: LabRequest) -> None:
    lab_id = laboratories.submit(lab_request)
    finish(lab_id)
    events = of_result(lab_id).events
    events.write_text(events.read_text().replace('"count": 3', '"number": 3'))
    with pytest.raises(KeyError):
        _ = results.read(lab_id).sentences


@pytest.mark.parametrize(
    "lab_id", ["tiny-000000000000", "..", "../runs", "/etc/passwd", "", "tiny-xyz", "line", "tiny"]
)
def test_ids_of_nothing_are_refused(lab_request: LabRequest, lab_id: str) -> None:
    for question in (results.read, laboratories.stop, laboratories.retry):
        with pytest.raises(ResultNotFound):
            question(lab_id)


def test_a_result_of_a_laboratory_that_is_gone_is_refused(lab_request: LabRequest) -> None:
    folder = of_result("gone-000000000000")
    folder.path.mkdir(parents=True)
    folder.request_file.write_text('{"format": 1, "laboratory": "gone", "settings": {}}')
    with pytest.raises(PlaygroundError, match="there is no laboratory gone"):
        results.read("gone-000000000000")
    folder.request_file.write_text('{"format": 99}')
    with pytest.raises(PlaygroundError, match="another version of the program"):
        results.read("gone-000000000000")


def test_a_recorded_answer_is_found_by_the_same_question(
    lab_request: LabRequest, home: Path
) -> None:
    finish(laboratories.submit(lab_request))
    path = results.record(lab_request.id)
    assert path == home / "recorded" / "labs" / NAME
    folder = of_result(lab_request.id)
    shutil.rmtree(folder.path)
    forget(lab_request.id)

    assert laboratories.submit(lab_request) == lab_request.id
    assert queued() == []
    result = results.read(lab_request.id)
    assert (result.recorded, result.state, result.hardware) == (True, "finished", "a test")
    assert result.tables["counts"]["square"].tolist() == [1.23457]
    assert result.sentences == ["It counted to 3."]
    assert result == results.recorded(NAME)
    with pytest.raises(WrongState, match="on record"):
        laboratories.stop(lab_request.id)
    with pytest.raises(ResultNotFound):
        results.read(LabRequest.create(NAME, steps=4).id)

    laboratories.retry(lab_request.id)
    assert (results.read(lab_request.id).recorded, results.read(lab_request.id).state) == (
        False,
        "queued",
    )


def test_answers_to_other_questions_are_on_record_beside_it(
    lab_request: LabRequest, home: Path
) -> None:
    other = LabRequest.create(NAME, steps=4)
    finish(laboratories.submit(other))
    assert results.record(other.id) == home / "recorded" / "labs" / other.id
    shutil.rmtree(of_result(other.id).path)
    forget(other.id)

    assert laboratories.submit(other) == other.id
    assert queued() == []
    result = results.read(other.id)
    assert (result.recorded, result.request, result.state) == (True, other, "finished")
    assert results.recorded(NAME) is None  # the page's own question is still open
    with pytest.raises(ResultNotFound):
        results.read(lab_request.id)


def test_only_what_is_finished_is_recorded(lab_request: LabRequest) -> None:
    laboratories.submit(lab_request)
    with pytest.raises(WrongState, match="only finished"):
        results.record(lab_request.id)
    assert results.recorded(NAME) is None


# The events


class Clock:
    """Seconds that pass when they are told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_what_is_written_is_read(path: Path) -> None:
    clock = Clock()
    with EventWriter(path, clock) as file:
        file.write(Progress(0, 3))
        clock.now += 1.5
        file.write(Rows("bars", [{"x": 1, "name": "ä", "none": None, "yes": True}]))
        file.write(Rows("bars", [{"x": 2.5, "name": "b", "none": None, "yes": False}]))
        file.write(Verdict("found", {"value": np.float32(0.5), "count": np.int64(3)}))
    contents = results.read_events(path)
    assert contents.progress == Progress(0, 3)
    assert contents.rows == {
        "bars": [
            {"x": 1, "name": "ä", "none": None, "yes": True},
            {"x": 2.5, "name": "b", "none": None, "yes": False},
        ]
    }
    assert contents.verdicts == [Verdict("found", {"value": 0.5, "count": 3})]
    assert contents.first_rows == 1.5


def test_every_event_is_there_at_once(path: Path) -> None:
    with EventWriter(path) as file:
        for number in range(3):
            file.write(Rows("t", [{"n": number}]))
            assert len(results.read_events(path).rows["t"]) == number + 1


def test_progress_is_written_five_times_a_second_and_at_the_end(path: Path) -> None:
    clock = Clock()
    with EventWriter(path, clock) as file:
        for step in range(1001):
            file.write(Progress(step, 1000))
            clock.now += 0.01
    steps = [json.loads(text)["done"] for text in path.read_text().splitlines()]
    assert steps[0] == 0
    assert steps[-1] == 1000
    assert len(steps) == pytest.approx(51, abs=2)


def test_numbers_that_are_not_finite_survive(path: Path) -> None:
    with EventWriter(path) as file:
        file.write(Rows("t", [{"a": math.inf, "b": math.nan}]))
    (row,) = results.read_events(path).rows["t"]
    assert row["a"] == math.inf
    assert math.isnan(row["b"])


def test_a_writer_begins_with_an_empty_file(path: Path) -> None:
    for _ in range(2):
        with EventWriter(path) as file:
            file.write(Rows("t", [{"n": 1}]))
    assert len(results.read_events(path).rows["t"]) == 1


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_is_left_out(path: Path, cut: int) -> None:
    with EventWriter(path) as file:
        for number in range(3):
            file.write(Rows("table", [{"number": number, "text": "some words"}]))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    # A line without its end may still be whole.
    assert len(results.read_events(path).rows["table"]) == (3 if cut == 1 else 2)


def test_a_full_line_of_rubbish_at_the_end_is_left_out(path: Path) -> None:
    with EventWriter(path) as file:
        file.write(Rows("table", [{"number": 1}]))
    with path.open("ab") as raw:
        raw.write(b'{"seconds": 1, "kind": "ro\xff\n')
    assert results.read_events(path).rows == {"table": [{"number": 1}]}


@pytest.mark.parametrize("rubbish", [b"{", b"[]", b'{"kind": "song", "seconds": 1}', b"\xff"])
def test_damage_in_the_middle_is_reported(path: Path, rubbish: bytes) -> None:
    with EventWriter(path) as file:
        file.write(Rows("table", [{"number": 1}]))
    path.write_bytes(rubbish + b"\n" + path.read_bytes())
    with pytest.raises(PlaygroundError, match="damaged in line 1"):
        results.read_events(path)


def test_no_file_has_no_events(path: Path) -> None:
    assert vars(results.read_events(path)) == vars(results.Contents())


def test_a_value_without_json_is_an_error_in_the_laboratory(path: Path) -> None:
    with EventWriter(path) as file, pytest.raises(TypeError, match="set is no number"):
        file.write(Rows("t", [{"a": {1, 2}}]))  # type: ignore[dict-item]
