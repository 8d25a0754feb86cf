"""Answering one laboratory: `python -m resnet_core worker FOLDER` where it is a laboratory's.

The worker reads `order.json`, has the laboratory look at the networks and writes what it says
to `events.jsonl`, each event at once. Between two events it looks whether it is asked to stop.
How it ended, it says itself in `state.json`; if it cannot, whoever reads finds out.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch
from filelock import FileLock, Timeout

from resnet_core.errors import PlaygroundError, WrongState
from resnet_core.jobs.worker import excuses, manners
from resnet_core.labs import catalog, status
from resnet_core.labs.events import Verdict
from resnet_core.labs.results.event_log import Journal
from resnet_core.labs.results.folder import LabFolder
from resnet_core.labs.results.request import Order
from resnet_core.labs.status import State
from resnet_core.labs.tools import trained_network
from resnet_core.runs import find_weights
from resnet_core.system import environment, processes
from resnet_core.training import device

_LOCK_PATIENCE = 5.0  # seconds; a killed worker's lock is let go at once
_LAST_WORDS = 20.0  # seconds for which a full disk may hinder them
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ending:
    """How it ended: the state and one sentence for people."""

    state: State
    reason: str = ""


def work(path: Path) -> int:
    """Answer what was asked; returns the exit code: 0 unless it failed or could not begin."""
    folder = LabFolder(path.resolve())
    manners.be_polite(folder.log)
    device.keep_freed_memory()
    try:
        with FileLock(folder.lock, timeout=_LOCK_PATIENCE):
            if not _begin(folder):
                _log.error("It has ended already; ask for it again.")
                return 1
            ending = Worker(folder).run()
            _log.info("%s. %s", ending.state, ending.reason)
            _tell(folder, ending)
    except Timeout:
        _log.error("Another worker is at this laboratory; it goes on there.")
        return 1
    except PlaygroundError as error:
        _log.error("%s", error)
        return 1
    return int(ending.state == "failed")


class Worker:
    """Has one laboratory speak to its end, or until it is asked to stop."""

    def __init__(self, folder: LabFolder) -> None:
        self._folder = folder
        self._terminated = False
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._terminate)

    def run(self) -> Ending:
        try:
            torch.set_num_threads(environment.laboratory_threads())
            order = self._folder.read_order()
            _log.info("%s of %s.", order.laboratory, ", ".join(order.runs) or "its own networks")
            return self._listen(order)
        except Exception as error:
            sentence = _excuse(error)
            if sentence is None:
                _log.exception("This is an error in the program.")
                sentence = _bug(error)
            return Ending("failed", sentence)

    def _listen(self, order: Order) -> Ending:
        events = catalog.experiment(order.laboratory)(order.settings, _subjects(order))
        concluded = False
        # Closing the events takes hooks off networks and ends what the laboratory started.
        with Journal(self._folder.events) as journal, closing(events):
            for event in events:
                journal.write(event)
                concluded = concluded or isinstance(event, Verdict)
                if self._terminated or self._folder.stop.exists():
                    return Ending("stopped", status.STOPPED)
        if not concluded:
            raise AssertionError(f"{order.laboratory} ended without a verdict")
        return Ending("finished")

    def _terminate(self, _signal: int, _frame: FrameType | None) -> None:
        self._terminated = True


def _begin(folder: LabFolder) -> bool:
    """Take the laboratory over, whoever started this worker; False where it has ended."""
    begun = status.change(
        folder,
        {"waiting", "running"},
        state="running",
        started=time.time(),
        hardware=device.choose("auto", "fp32").hardware,
        pid=os.getpid(),
        pid_created=processes.created(os.getpid()),
    )
    return begun is not None


def _tell(folder: LabFolder, ending: Ending) -> None:
    """Say how it ended; on a full disk, again and again until there is room or time is up."""
    deadline = time.monotonic() + _LAST_WORDS
    fields = {"state": ending.state, "reason": ending.reason, "ended": time.time()}
    while True:
        try:
            status.change(folder, {"running"}, **fields, pid=None, pid_created=None)
            return
        except PlaygroundError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _subjects(order: Order) -> tuple[trained_network.TrainedNetwork, ...]:
    """The networks that the order names, with the weights they had then.

    Raises:
        WrongState: one was trained further or anew since.
    """
    for run_id, sha256 in zip(order.runs, order.weights, strict=True):
        run = find_weights.described(run_id)
        if find_weights.find(run).sha256 != sha256:
            raise WrongState(f"{run.title} has other weights by now; ask the laboratory again.")
    return trained_network.load_all(order.runs)


def _excuse(error: BaseException) -> str | None:
    """The sentence for an expected failure; None for a bug, whose traceback matters."""
    if isinstance(error, PlaygroundError):
        return str(error)
    if excuses.is_full_disk(error):
        return (
            "The disk is full. Free some space (old runs can be deleted), then run the "
            "laboratory again."
        )
    if excuses.is_out_of_memory(error):
        return (
            "Memory is full. Wait until no run trains, or choose a smaller network or fewer "
            "images, then run the laboratory again."
        )
    if excuses.is_lost_gpu(error):
        first = str(error).splitlines()[0]
        return f"The GPU stopped working ({first}); run the laboratory again."
    return None


def _bug(error: BaseException) -> str:
    first = (str(error).splitlines() or [""])[0][:200]
    return (
        f"The laboratory met an error of its own ({type(error).__name__}: {first}); its "
        f"worker.log has the details."
    )
