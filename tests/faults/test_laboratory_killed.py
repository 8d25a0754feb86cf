"""SIGKILL in the middle of a laboratory: what was found stays, and it can be asked for again."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

import pytest

from resnet_core.jobs import laboratories, supervisor
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest, of_result
from tests.small_runs import wait_until
from tests.tiny_laboratory import NAME, counted, started, tiny

__all__ = ["tiny"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system has no fork")


@pytest.mark.sampled
@pytest.mark.parametrize("attempt", range(5))
def test_a_killed_worker_leaves_a_result_that_is_told_truly(
    tiny: None, home: Path, attempt: int
) -> None:
    order = LabRequest.create(NAME, steps=2000, seed=attempt)
    lab_id = laboratories.submit(order)
    worker = started(lab_id)
    step = random.Random(attempt).randrange(1, 1500)
    wait_until(lambda: counted(lab_id, step) or not worker.is_alive(), f"{step}", every=0.001)
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join(60)
    supervisor.end_all_dead()

    found = results.read(lab_id)
    assert found.state in {"interrupted", "finished"}  # it may have been quick
    numbers = found.tables["counts"]["number"].tolist()
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= step
    if found.state == "interrupted":
        assert "worker was killed" in found.reason

    laboratories.retry(lab_id)
    again = started(lab_id)
    again.join(60)
    found = results.read(lab_id)
    assert (found.state, found.sentences) == ("finished", ["It counted to 2000."])
    assert len(found.tables["counts"]) == 2000


def test_a_torn_event_at_the_end_is_left_out(tiny: None, home: Path) -> None:
    lab_id = laboratories.submit(LabRequest.create(NAME, steps=100_000, pause=0.01))
    worker = started(lab_id)
    wait_until(lambda: counted(lab_id, 3), "three numbers")
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join(60)
    supervisor.end_all_dead()
    events = of_result(lab_id).events
    whole = [text for text in events.read_text().splitlines(keepends=True) if "rows" in text]
    for cut in (1, 5, 20):
        events.write_text("".join(whole)[:-cut])
        found = results.read(lab_id)
        assert found.state == "interrupted"
        assert len(found.tables["counts"]) == len(whole) - (cut > 1)
