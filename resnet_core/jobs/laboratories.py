"""Commands on laboratories: submit a request, stop it, compute it again. No torch.

A result is identified by its request: the same one, even from another person or page,
is computed once.
"""

from __future__ import annotations

import time

from resnet_core.errors import PlaygroundError, ResultNotFound, WrongState
from resnet_core.jobs import supervisor
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabFolder, LabRequest, of_result
from resnet_core.runs import store
from resnet_core.runs.folder import explained
from resnet_core.runs.record import ENDED, Job, State
from resnet_core.runs.store import wrong_state


def submit(request: LabRequest) -> str:
    """Queue the request, unless it is queued, running, finished or on record; return its id.

    One that was stopped or has failed is computed again.

    Raises:
        PlaygroundError: the folder cannot be written to.
    """
    folder = of_result(request.id)
    state = _state(folder.id)
    if state is None or state in ENDED - {"finished"}:
        # A finished job whose files are gone or damaged is computed again, too.
        _queue(folder, request, ENDED if state in {None, "failed"} else ENDED - {"finished"})
    return folder.id


def stop(lab_id: str) -> None:
    """Have it end after its present event; its rows stay.

    Raises:
        ResultNotFound: there is no such result.
        WrongState: it has ended, or it is a recording.
    """
    results.read(lab_id)  # refuses an unknown id
    job = supervisor.current(store.of_home(), lab_id)
    if job is None:
        raise WrongState("labs.stop_recording")
    store.of_home().ask(job, "stop", "labs.no_stop")


def retry(lab_id: str) -> str:
    """Compute again here what has ended, or is on record; return the id.

    Raises:
        ResultNotFound: there is no such result.
        WrongState: it is queued or running.
    """
    job = supervisor.current(store.of_home(), lab_id)
    request = results.read(lab_id).request
    if _queue(of_result(lab_id), request, ENDED) is None and job is not None:
        raise wrong_state("labs.no_retry", job)
    return lab_id


def _queue(folder: LabFolder, request: LabRequest, allowed: frozenset[State]) -> Job | None:
    """Queue a computation from its beginning; None where it is in another state by now."""

    def prepare() -> None:
        with explained(folder.path):
            folder.path.mkdir(parents=True, exist_ok=True)
            folder.events.unlink(missing_ok=True)
            folder.write_request(request)

    job = Job(id=folder.id, state="queued", created=time.time())
    return store.of_home().queue_laboratory(job, allowed, prepare)


def _state(lab_id: str) -> State | None:
    """Return the state of a result, once a dead worker is recorded; None where there is none."""
    supervisor.current(store.of_home(), lab_id)
    try:
        return results.read(lab_id).state
    except ResultNotFound:
        return None
    except PlaygroundError:
        return "failed"  # damaged
