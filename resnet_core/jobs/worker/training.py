"""The task of a run's worker: training.

It reads `experiment.json`, goes on from the newest good checkpoint, and writes telemetry,
checkpoints, a log and its progress in the index until the run ends or a request arrives.
"""

from __future__ import annotations

import logging
import time
from contextlib import closing
from pathlib import Path

import torch

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.worker.shell import Outcome, Progress, Worker
from resnet_core.runs.folder import RunFolder, read_experiment, read_run
from resnet_core.runs.record import Request, RunRecord
from resnet_core.system import environment
from resnet_core.system.texts import Message
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Diverged, Finished, Measurement, Started, Stepped
from resnet_core.training.checkpoint.files import carry_over, load_checkpoint, save_checkpoint
from resnet_core.training.checkpoint.folder import checkpoint_at, newest_checkpoint
from resnet_core.training.device import Execution
from resnet_core.training.images import Data, load
from resnet_core.training.loop import train
from resnet_core.training.session import Session

_log = logging.getLogger(__name__)


def run_training(worker: Worker) -> Outcome:
    """Train a run from its newest checkpoint to its end, or to a request to pause or stop."""
    assert isinstance(worker.job, RunRecord)
    folder = RunFolder(worker.folder)
    experiment = read_run(folder.path).experiment
    # A resumed run keeps its number of threads: sums in another order have other last bits.
    threads = worker.job.threads or environment.read().worker_threads
    if threads is not None:
        torch.set_num_threads(threads)
    with closing(_session(worker.job, folder, experiment)) as session:
        return _train(worker, folder, session, experiment)


def _train(worker: Worker, folder: RunFolder, session: Session, experiment: Experiment) -> Outcome:
    assert isinstance(worker.job, RunRecord)
    saved_at = lasting_iterations(experiment, worker.job.parent_iteration or 0)
    session.state.sync_at = saved_at
    checkpoints = Checkpoints(folder.checkpoints, saved_at, environment.read().checkpoint_seconds)
    progress = Progress(worker.requests, experiment.batch_size)
    started = session.started()
    _describe(worker, started, session.state.execution)
    with stream.StreamWriter(folder.stream, started) as telemetry:
        for event in train(session):
            match event:
                case Measurement():
                    telemetry.append(event)
                    progress.measured(event)
                case Stepped():
                    checkpoints.after_step(session)
                    request = progress.stepped(event.iteration, session.state.seconds)
                    ends = request is not None or worker.terminated
                    if ends and event.iteration < experiment.iterations:
                        checkpoints.save(session)
                        return _asked(request, event.iteration, progress)
                case Diverged():
                    return _diverged(event, progress)
                case Finished():
                    return _finished(event, folder)
    raise AssertionError("train() ends with Finished or Diverged")


def _session(run: RunRecord, folder: RunFolder, experiment: Experiment) -> Session:
    """Return the run where it stands: at its newest checkpoint, or where it begins."""
    dataset, eager = load(experiment), not environment.read().cuda_graphs
    newest = newest_checkpoint(folder.checkpoints)
    if newest is not None:
        start = load_checkpoint(newest.path)
        _log.info("Going on from iteration %d.", start.iteration)
        stream.truncate(folder.stream, start.iteration)
        return Session(experiment, dataset, start, eager=eager)
    folder.stream.unlink(missing_ok=True)
    if run.parent_iteration is None:
        return Session(experiment, dataset, eager=eager)
    return _forked_session(experiment, dataset, folder, run.parent_iteration, eager=eager)


def _forked_session(
    experiment: Experiment, dataset: Data, folder: RunFolder, iteration: int, *, eager: bool
) -> Session:
    """Return a session that starts at the parent's iteration, with its weights as far as they fit.

    Momentum starts at zero: it belongs to the parent's settings. `eager`: see `Session`.

    Raises:
        CheckpointError: the copy is damaged, or none of it fits.
    """
    parent = _parent(folder, experiment)
    start = load_checkpoint(checkpoint_at(folder.origin / "checkpoints", iteration))
    weights = carry_over(parent, start.weights, experiment)
    session = Session(experiment, dataset, initial_weights=weights, first=iteration, eager=eager)
    _log.info("Starting from iteration %d of %s.", iteration, parent.network)
    if session.new_weights:
        _log.info("Newly initialised: %s.", ", ".join(session.new_weights))
    return session


def _parent(folder: RunFolder, experiment: Experiment) -> Experiment:
    """Return the parent's experiment; the fork's own where it cannot be read: of what a fork may
    change, the weights show most themselves."""
    try:
        return read_experiment((folder.origin / "experiment.json").read_text("utf-8"))
    except (OSError, ValueError, PlaygroundError) as error:
        _log.warning("The parent's experiment cannot be read (%s); its weights are used.", error)
        return experiment


def _describe(worker: Worker, started: Started, execution: Execution) -> None:
    worker.store.report(
        worker.job.id,
        iteration=started.iteration,
        parameters=started.parameters,
        device=started.device,
        precision=started.precision,
        backend=started.backend,
        threads=started.threads,
        hardware=execution.hardware,
        software=execution.software,
    )
    assert isinstance(worker.job, RunRecord)
    _log.info(
        "%s on %s: %d parameters, %d training images, %s (%s), %s, threads: %d.",
        worker.job.experiment.network,
        started.data,
        started.parameters,
        started.train_images,
        started.device,
        execution.hardware,
        started.precision,
        started.threads,
    )


def _asked(request: Request | None, iteration: int, progress: Progress) -> Outcome:
    key = {
        "pause": "errors.runs.paused",
        "stop": "errors.runs.stopped",
        None: "errors.runs.terminated",
    }[request]
    reason = Message(key, iteration=iteration)
    return Outcome("paused" if request == "pause" else "stopped", reason, progress.unreported)


def _diverged(event: Diverged, progress: Progress) -> Outcome:
    reason = Message(
        "errors.runs.diverged",
        loss=f"{event.loss:.3g}",
        iteration=event.iteration,
        advice=event.advice,
    )
    return Outcome("diverged", reason, {**progress.unreported, "iteration": event.iteration})


def _finished(event: Finished, folder: RunFolder) -> Outcome:
    stream.compact(folder.stream, folder.compacted)
    facts = {
        "iteration": event.iteration,
        "seconds": event.seconds,
        "train_error": event.train_error,
        "test_error": event.test_error,
        "weights_sha256": event.weights_sha256,
    }
    # Readers without a stream look for the compacted file, which is whole by now.
    return Outcome(
        "finished",
        Message("errors.runs.finished", iterations=event.iteration),
        facts,
        after=lambda: folder.stream.unlink(missing_ok=True),
    )


def lasting_iterations(experiment: Experiment, first: int = 0) -> frozenset[int]:
    """Return the iterations whose checkpoints stay, evenly spaced up to and with the last."""
    number = max(experiment.keep_checkpoints, 1)
    return frozenset(
        first + (experiment.iterations - first) * part // number for part in range(1, number + 1)
    ) - {first}


class Checkpoints:
    """Saves at iterations whose checkpoints stay, and when `seconds` have passed since the last."""

    def __init__(self, folder: Path, lasting: frozenset[int], seconds: float) -> None:
        self._folder = folder
        self._lasting = lasting
        self._seconds = seconds
        self._last = time.monotonic()

    def after_step(self, session: Session) -> None:
        """Save if it is due.

        Raises:
            PlaygroundError: the disk is full.
        """
        due = time.monotonic() - self._last >= self._seconds
        if due or session.state.iteration in self._lasting:
            self.save(session)

    def save(self, session: Session) -> None:
        """Save now; between two iterations, so that resuming goes on exactly here."""
        lasting = session.state.iteration in self._lasting
        save_checkpoint(self._folder, session.checkpoint(), kept=lasting)
        self._last = time.monotonic()
