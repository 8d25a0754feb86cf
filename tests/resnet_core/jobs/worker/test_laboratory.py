"""Workers of laboratories, forked from this process as from a waiting spare."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from resnet_core.jobs import laboratories
from resnet_core.labs.events import Progress
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest, of_result
from resnet_core.labs.results.results import Result
from resnet_core.runs import store
from resnet_core.system.home import VARIABLE
from tests.small_runs import wait_until
from tests.tiny_laboratory import NAME, counted, looking, started, started_at, tiny

__all__ = ["looking", "tiny"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system has no fork")


def worked(order: LabRequest) -> tuple[Result, int | None]:
    """The result once its worker has ended, and the exit code."""
    lab_id = laboratories.submit(order)
    worker = started(lab_id)
    worker.join(60)
    return results.read(lab_id), worker.exitcode


def test_it_answers(tiny: None, home: Path) -> None:
    found, code = worked(LabRequest.create(NAME, steps=5))
    assert (found.state, found.reason, code) == ("finished", "", 0)
    assert found.tables["counts"]["square"].tolist() == [1, 4, 9, 16, 25]
    assert found.sentences == ["It counted to 5."]
    assert found.progress == Progress(5, 5)
    assert 0 <= (found.seconds or -1) < 3600
    assert found.hardware
    assert "tiny of its own networks" in of_result(found.id).log.read_text()


def test_it_looks_at_the_networks_of_the_order(looking: None, home: Path) -> None:
    runs = ["one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"]
    found, _ = worked(LabRequest.create(NAME, runs))
    assert found.sentences[0] == "It saw plain-20 · seed 0, resnet-20 · seed 0."


def test_it_says_what_it_knows_while_it_works_and_stops_when_asked(tiny: None, home: Path) -> None:
    lab_id = laboratories.submit(LabRequest.create(NAME, steps=100_000, pause=0.01))
    worker = started(lab_id)
    wait_until(lambda: counted(lab_id, 3), "three numbers")
    assert results.read(lab_id).state == "running"
    laboratories.stop(lab_id)
    worker.join(60)
    found = results.read(lab_id)
    assert (found.state, worker.exitcode) == ("stopped", 0)
    assert "It was asked to stop" in found.reason
    assert len(found.tables["counts"]) >= 3
    assert found.verdicts == []


def test_a_shut_down_machine_stops_it(tiny: None, home: Path) -> None:
    lab_id = laboratories.submit(LabRequest.create(NAME, steps=100_000, pause=0.01))
    worker = started(lab_id)
    wait_until(lambda: counted(lab_id, 1), "a number")
    os.kill(worker.pid or 0, signal.SIGTERM)
    worker.join(60)
    assert results.read(lab_id).state == "stopped"


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ("badly", "has an error (ZeroDivisionError: nobody thought of this)"),
        ("silently", "tiny ended without a verdict"),
        ("full", "The disk is full. Free some space"),
        ("memory", "Memory is full. Wait until no run trains"),
    ],
)
def test_a_failure_is_one_sentence_and_keeps_what_was_found(
    tiny: None, home: Path, ends: str, said: str
) -> None:
    found, code = worked(LabRequest.create(NAME, ends=ends))
    assert (found.state, code) == ("failed", 1)
    assert said in found.reason
    assert "\n" not in found.reason
    assert len(found.tables["counts"]) == 3
    log = of_result(found.id).log.read_text()
    assert ("Traceback" in log) == (ends in {"badly", "silently"})


def test_weights_that_changed_since_the_order_are_not_looked_at(looking: None, home: Path) -> None:
    lab_id = laboratories.submit(LabRequest.create(NAME))
    folder = of_result(lab_id)
    text = folder.request_file.read_text()
    (sha256,) = folder.read_request().weights
    folder.request_file.write_text(text.replace(sha256, "0" * 64))
    worker = started(lab_id)
    worker.join(60)
    result = results.read(lab_id)
    assert result.state == "failed"
    assert "plain-20 has other weights by now" in result.reason


def test_what_has_ended_is_not_begun_again(tiny: None, home: Path) -> None:
    found, _ = worked(LabRequest.create(NAME))
    worker = started(found.id)
    worker.join(60)
    assert worker.exitcode == 1
    assert results.read(found.id) == found


def test_two_workers_do_not_share_a_laboratory(tiny: None, home: Path) -> None:
    lab_id = laboratories.submit(LabRequest.create(NAME, steps=100_000, pause=0.01))
    first = started(lab_id)
    wait_until(lambda: counted(lab_id, 1), "a number")
    second = started(lab_id)
    second.join(60)
    assert second.exitcode == 1
    assert first.is_alive()
    assert "Another worker has this job" in of_result(lab_id).log.read_text()
    laboratories.stop(lab_id)
    first.join(60)
    assert results.read(lab_id).state == "stopped"


def test_a_damaged_order_is_one_sentence(tiny: None, home: Path) -> None:
    lab_id = laboratories.submit(LabRequest.create(NAME))
    of_result(lab_id).request_file.write_text("{")
    worker = started(lab_id)
    worker.join(60)
    job = store.of_home().job(lab_id)
    assert job is not None
    assert (job.state, worker.exitcode) == ("failed", 1)
    assert "damaged order.json" in job.reason


def test_a_worker_looks_for_networks_in_the_home_of_its_folder(
    looking: None, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab_id = laboratories.submit(LabRequest.create(NAME))
    path = of_result(lab_id).path
    monkeypatch.setenv(VARIABLE, str(tmp_path / "elsewhere"))
    worker = started_at(path)
    worker.join(60)
    assert worker.exitcode == 0
