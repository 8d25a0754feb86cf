"""Workers of laboratories, forked from this process as from a waiting spare."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from resnet_core.jobs.worker import dispatch
from resnet_core.labs import status
from resnet_core.labs.events import Progress
from resnet_core.labs.results import requests, results
from resnet_core.labs.results.folder import of_result
from resnet_core.labs.results.request import Order
from resnet_core.labs.results.results import Result
from tests.small_runs import wait_until
from tests.tiny_laboratory import NAME, counted, looking, started, tiny

__all__ = ["looking", "tiny"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system has no fork")


def worked(order: Order) -> tuple[Result, int | None]:
    """The result once its worker has ended, and the exit code."""
    lab_id = requests.submit(order)
    worker = started(lab_id)
    worker.join(60)
    return results.read(lab_id), worker.exitcode


def test_it_answers(tiny: None, home: Path) -> None:
    found, code = worked(Order.create(NAME, steps=5))
    assert (found.state, found.reason, code) == ("finished", "", 0)
    assert found.tables["counts"]["square"].tolist() == [1, 4, 9, 16, 25]
    assert found.sentences == ["It counted to 5."]
    assert found.progress == Progress(5, 5)
    assert 0 <= (found.seconds or -1) < 60
    assert found.hardware
    assert "tiny of its own networks" in of_result(found.id).log.read_text()


def test_it_looks_at_the_networks_of_the_order(looking: None, home: Path) -> None:
    runs = ["one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"]
    found, _ = worked(Order.create(NAME, runs))
    assert found.sentences[0] == "It saw plain-20 · seed 0, resnet-20 · seed 0."


def test_it_says_what_it_knows_while_it_works_and_stops_when_asked(tiny: None, home: Path) -> None:
    lab_id = requests.submit(Order.create(NAME, steps=100_000, pause=0.01))
    worker = started(lab_id)
    wait_until(lambda: counted(lab_id, 3), "three numbers")
    assert results.read(lab_id).state == "running"
    requests.stop(lab_id)
    worker.join(30)
    found = results.read(lab_id)
    assert (found.state, worker.exitcode) == ("stopped", 0)
    assert "It was asked to stop" in found.reason
    assert len(found.tables["counts"]) >= 3
    assert found.verdicts == []


def test_a_shut_down_machine_stops_it(tiny: None, home: Path) -> None:
    lab_id = requests.submit(Order.create(NAME, steps=100_000, pause=0.01))
    worker = started(lab_id)
    wait_until(lambda: counted(lab_id, 1), "a number")
    os.kill(worker.pid or 0, signal.SIGTERM)
    worker.join(30)
    assert results.read(lab_id).state == "stopped"


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ("badly", "met an error of its own (ZeroDivisionError: nobody thought of this)"),
        ("silently", "tiny ended without a verdict"),
        ("full", "The disk is full. Free some space"),
        ("memory", "Memory is full. Wait until no run trains"),
    ],
)
def test_a_failure_is_one_sentence_and_keeps_what_was_found(
    tiny: None, home: Path, ends: str, said: str
) -> None:
    found, code = worked(Order.create(NAME, ends=ends))
    assert (found.state, code) == ("failed", 1)
    assert said in found.reason
    assert "\n" not in found.reason
    assert len(found.tables["counts"]) == 3
    log = of_result(found.id).log.read_text()
    assert ("Traceback" in log) == (ends in {"badly", "silently"})


def test_weights_that_changed_since_the_order_are_not_looked_at(looking: None, home: Path) -> None:
    lab_id = requests.submit(Order.create(NAME))
    folder = of_result(lab_id)
    text = folder.order.read_text()
    (sha256,) = folder.read_order().weights
    folder.order.write_text(text.replace(sha256, "0" * 64))
    worker = started(lab_id)
    worker.join(60)
    assert status.read(folder).state == "failed"
    assert "plain-20 has other weights by now" in status.read(folder).reason


def test_what_has_ended_is_not_begun_again(tiny: None, home: Path) -> None:
    found, _ = worked(Order.create(NAME))
    worker = started(found.id)
    worker.join(60)
    assert worker.exitcode == 1
    assert results.read(found.id) == found


def test_two_workers_do_not_share_a_laboratory(tiny: None, home: Path) -> None:
    lab_id = requests.submit(Order.create(NAME, steps=100_000, pause=0.01))
    first = started(lab_id)
    wait_until(lambda: counted(lab_id, 1), "a number")
    second = started(lab_id)
    second.join(30)
    assert second.exitcode == 1
    assert first.is_alive()
    assert "Another worker is at this laboratory" in of_result(lab_id).log.read_text()
    requests.stop(lab_id)
    first.join(30)
    assert results.read(lab_id).state == "stopped"


def test_a_damaged_order_is_one_sentence(tiny: None, home: Path) -> None:
    lab_id = requests.submit(Order.create(NAME))
    of_result(lab_id).order.write_text("{")
    worker = started(lab_id)
    worker.join(60)
    found = status.read(of_result(lab_id))
    assert (found.state, worker.exitcode) == ("failed", 1)
    assert "damaged order.json" in found.reason


def test_other_folders_are_for_training(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []
    monkeypatch.setattr(dispatch.training, "work", lambda path: seen.append(path) or 0)
    assert dispatch.work(home) == 0
    assert seen == [home]
