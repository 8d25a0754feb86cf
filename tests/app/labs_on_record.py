"""Results of laboratories for the tests of the app, written as a worker writes them.

Their numbers are made up and never leave the tests.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterable
from pathlib import Path

import psutil

from resnet_core.labs.events import Event, Progress, Row, Rows, Verdict
from resnet_core.labs.results.request import (
    LabFolder,
    LabRequest,
    RecordedLabFolder,
    of_result,
)
from resnet_core.labs.results.results import EventWriter
from resnet_core.runs import database, store
from resnet_core.runs.folder import write_laboratory
from resnet_core.runs.record import ACTIVE, Job, State
from resnet_core.system import home

LAB = "microscope"  # takes no runs
ROW: Row = {"form": "plain", "gain": 1, "rate": 0.1, "step": 0, "loss": 1, "low": 0.9, "high": 1.1}
VERDICT = Verdict("residual_wins", {"depth": 10, "residual": 0.001, "plain": 1.0})


def put_result(
    request: LabRequest,
    state: State = "finished",
    events: Iterable[Event] = (Progress(1, 4), Rows("race", [ROW]), VERDICT),
    folder: Path | None = None,
    reason: str = "",
) -> LabFolder:
    """A result in this home folder, or in the folder given."""
    place = LabFolder(folder) if folder else of_result(request.id)
    home.labs_folder()
    place.path.mkdir(parents=True, exist_ok=True)
    with EventWriter(place.events) as journal:
        for event in events:
            journal.write(event)
    if folder:
        compressed = lzma.compress(place.events.read_bytes())
        RecordedLabFolder(folder).events.write_bytes(compressed)
        place.events.unlink()
    worker = psutil.Process() if state == "running" else None
    job = Job(
        id=request.id,
        state=state,
        created=1_790_000_000.0,
        exit_reason=reason,
        started=None if state == "queued" else 1_790_000_000.0,
        ended=None if state in ACTIVE else 1_790_000_010.0,  # 2026-09-21
        hardware="a test's machine",
        pid=worker and worker.pid,
        pid_created=worker and worker.create_time(),
    )
    write_laboratory(place.path, job)
    if folder is None:
        store.of_home().database.write(lambda connection: database.insert(connection, job))
    place.write_request(request)
    return place


def put_recording(recorded: Path, request: LabRequest | None = None) -> LabRequest:
    """The result that the laboratory opens with, where recordings lie."""
    request = request or LabRequest.create(LAB)
    put_result(request, folder=recorded / "labs" / request.laboratory)
    return request
