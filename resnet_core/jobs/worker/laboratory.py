"""The task of a laboratory's worker: computing the result of a request.

It reads `order.json`, has the laboratory look at the networks and writes its events to
`events.jsonl`, each one at once. Between two events it checks for a request to stop.
"""

from __future__ import annotations

import logging
from contextlib import closing

import torch

from resnet_core.errors import WrongState
from resnet_core.jobs.worker.shell import Outcome, Worker
from resnet_core.labs import catalog
from resnet_core.labs.events import Verdict
from resnet_core.labs.results.request import LabFolder, LabRequest
from resnet_core.labs.results.results import EventWriter
from resnet_core.labs.tools import trained_network
from resnet_core.runs import queries
from resnet_core.system import environment
from resnet_core.system.texts import Message
from resnet_core.training import device

_log = logging.getLogger(__name__)


def run_laboratory(worker: Worker) -> Outcome:
    """Compute a laboratory's result to its end, or to a request to stop."""
    folder = LabFolder(worker.folder)
    hardware = device.choose("auto", "fp32").hardware
    worker.requests.report(hardware=hardware)
    torch.set_num_threads(environment.read().laboratory_threads)
    request = folder.read_request()
    _log.info("%s of %s.", request.laboratory, ", ".join(request.runs) or "its own networks")
    networks = _networks(request) if request.runs else ()
    events = catalog.experiment(request.laboratory)(request.settings, networks)
    concluded = False
    # Closing the events takes hooks off networks and ends what the laboratory started.
    with EventWriter(folder.events) as writer, closing(events):
        for event in events:
            writer.write(event)
            concluded = concluded or isinstance(event, Verdict)
            if worker.terminated or worker.request() == "stop":
                return Outcome("stopped", Message("errors.labs.stopped"))
    if not concluded:
        raise AssertionError(f"{request.laboratory} ended without a verdict")
    return Outcome("finished")


def _networks(request: LabRequest) -> tuple[trained_network.TrainedNetwork, ...]:
    """Return the networks that the request names, with the weights they had then.

    Raises:
        WrongState: one was trained further or again since.
    """
    for run_id, sha256 in zip(request.runs, request.weights, strict=True):
        run = queries.described(run_id)
        if queries.weights(run).sha256 != sha256:
            raise WrongState("labs.other_weights", title=run.title)
    return trained_network.load_all(request.runs)
