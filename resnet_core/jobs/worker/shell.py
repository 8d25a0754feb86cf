"""How a run ended, and telling the index so."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from resnet_core.errors import PlaygroundError, RunNotFound, WrongState
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.record import Request, RunRecord, State
from resnet_core.runs.store import Store
from resnet_core.telemetry.events import Diverged, Finished

# Seconds for which a full disk may hinder a worker's last words; other runs' checkpoints come and
# go, and each time there is a little room.
_PATIENCE = 20.0


@dataclass(frozen=True)
class Ending:
    """How a run ended: its state, one sentence for people, and further columns of the index."""

    state: State
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


def asked(request: Request | None, iteration: int, news: dict[str, Any]) -> Ending:
    match request:
        case "pause":
            state: State = "paused"
            reason = f"Paused at iteration {iteration}; resume it to go on."
        case "stop":
            state = "stopped"
            reason = f"Stopped at iteration {iteration}; it can be resumed."
        case _:
            state = "stopped"
            reason = (
                f"The system asked the worker to end at iteration {iteration}, perhaps to shut "
                f"down; resume it to go on."
            )
    return Ending(state, reason, news)


def diverged(event: Diverged, news: dict[str, Any]) -> Ending:
    reason = f"The loss was {event.loss:.3g} after iteration {event.iteration}. {event.advice}"
    return Ending("diverged", reason, {**news, "iteration": event.iteration})


def finished(event: Finished) -> Ending:
    facts = {
        "iteration": event.iteration,
        "seconds": event.seconds,
        "train_error": event.train_error,
        "test_error": event.test_error,
        "weights_sha256": event.weights_sha256,
    }
    return Ending("finished", f"All {event.iteration} iterations were made.", facts)


def tell(store: Store, folder: RunFolder, run: RunRecord, ending: Ending) -> None:
    """Say how the run ended; on a full disk, again and again until there is room or time is up."""
    deadline = time.monotonic() + _PATIENCE
    fields = {
        "state": ending.state,
        "exit_reason": ending.reason,
        "ended": time.time(),
        "request": None,
        "pid": None,
        "pid_created": None,
        **ending.facts,
    }
    while True:
        try:
            store.change(run.id, {"running"}, "{title} is {state} already.", **fields)
            break
        except (RunNotFound, WrongState):
            raise
        except PlaygroundError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
    if ending.state == "finished":
        # Readers who found no stream look for the compacted file, which is whole by now.
        folder.stream.unlink(missing_ok=True)
