"""Where laboratories are asked for, stopped and asked for again. No torch.

A result is found again by what was asked: the same order, even from another person or page,
is computed once. The supervisor sees what waits within a tenth of a second.
"""

from __future__ import annotations

import time

from resnet_core.errors import PlaygroundError, ResultNotFound, WrongState
from resnet_core.labs import line, status
from resnet_core.labs.results import results
from resnet_core.labs.results.folder import LabFolder, of_result
from resnet_core.labs.results.request import Order
from resnet_core.labs.status import ENDED, State, Status
from resnet_core.system import home


def submit(order: Order) -> str:
    """Have the order computed, unless it is, was or is on record; returns the result's id.

    One that was stopped or has failed is computed again.

    Raises:
        PlaygroundError: the folder cannot be written to.
    """
    folder = of_result(order.id)
    with status.held(home.labs_folder()):
        match _state(order):
            case None | "stopped" | "failed":
                _queue(folder, order)
            case "waiting":
                line.join(folder.id)  # whoever asked first may have died before this
    return folder.id


def stop(lab_id: str) -> None:
    """Have it end after the event it is at; what it has found stays.

    Raises:
        ResultNotFound: there is no such result.
        WrongState: it has ended, or it is a recording.
    """
    folder = of_result(lab_id)
    with status.held(home.labs_folder()):
        found = results.read(lab_id)
        if found.recorded:
            raise WrongState("This result is on record; there is nothing to stop.")
        if found.state in ENDED:
            raise WrongState(f"This laboratory is {found.state}; there is nothing to stop.")
        if found.state == "running":
            folder.stop.touch()
            return
        line.leave(lab_id)
        status.write(folder, Status("stopped", "It was stopped before it began."))


def retry(lab_id: str) -> str:
    """Have what has ended, or is on record, computed anew here; returns the id.

    Raises:
        ResultNotFound: there is no such result.
        WrongState: it waits or runs.
    """
    folder = of_result(lab_id)
    with status.held(home.labs_folder()):
        found = results.read(lab_id)
        if found.state not in ENDED:
            raise WrongState(f"This laboratory is {found.state} already; stop it first.")
        _queue(folder, found.order)
    return lab_id


def _queue(folder: LabFolder, order: Order) -> None:
    """Start from nothing, at the end of the line; the caller holds the lock."""
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        for stale in (folder.events, folder.stop):
            stale.unlink(missing_ok=True)
        status.write(folder, Status("waiting", asked=time.time()))
        folder.write_order(order)
        line.join(folder.id)
    except OSError as error:
        raise PlaygroundError(
            f"The laboratory's folder {folder.path} cannot be written to ({error.strerror}); "
            f"check its permissions."
        ) from error


def _state(order: Order) -> State | None:
    """Of the order's result; None where there is none."""
    try:
        return results.read(order.id).state
    except ResultNotFound:
        return None
    except PlaygroundError:
        return "failed"  # damaged
