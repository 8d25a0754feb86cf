"""Training one run: `python -m resnet_core worker RUN_DIR` where the folder is a run's.

The worker reads `experiment.json`, goes on from the newest good checkpoint, and writes
telemetry, checkpoints, a log and its progress in the index until the run is finished or it
is asked to end. How it ended, it says itself; if it cannot, the supervisor does.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import closing
from pathlib import Path
from types import FrameType

import torch
from filelock import FileLock, Timeout

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.worker import manners, shell
from resnet_core.jobs.worker.excuses import bug, excuse
from resnet_core.jobs.worker.origin import forked_session
from resnet_core.jobs.worker.report import Progress
from resnet_core.jobs.worker.savepoints import Savepoints, kept_at
from resnet_core.jobs.worker.shell import Ending
from resnet_core.runs import run_file
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.record import RESUMABLE, RunRecord
from resnet_core.runs.store import Store
from resnet_core.system import environment, processes
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Diverged, Finished, Measurement, Started, Stepped
from resnet_core.training import device
from resnet_core.training.checkpoint.files import load_checkpoint
from resnet_core.training.checkpoint.folder import newest_checkpoint
from resnet_core.training.device import Execution
from resnet_core.training.images import load
from resnet_core.training.loop import train
from resnet_core.training.session import Session

_LOCK_PATIENCE = 5.0  # seconds; a killed worker's lock is let go at once
_log = logging.getLogger(__name__)


def work(run_dir: Path) -> int:
    """Train a run; returns the exit code: 0 unless the run failed or could not begin.

    Raises:
        PlaygroundError: there is no such folder.
    """
    folder = RunFolder(run_dir.resolve())
    if not folder.path.is_dir():
        raise PlaygroundError(f"{folder.path} is not the folder of a run; `runs list` shows them.")
    store = Store(folder.path.parent.parent / "playground.sqlite3")
    manners.be_polite(folder.log)
    device.keep_freed_memory()
    try:
        with FileLock(folder.lock, timeout=_LOCK_PATIENCE):
            run = _begin(store, folder)
            ending = Worker(store, folder, run).run()
            _log.info("%s: %s", ending.state, ending.reason)
            shell.tell(store, folder, run, ending)
    except Timeout:
        _log.error("Another worker has this run; it goes on there.")
        return 1
    except PlaygroundError as error:
        _log.error("%s", error)
        return 1
    finally:
        store.close()
    return int(ending.state == "failed")


class Worker:
    """Trains one run from wherever it stands to its end, or until it is asked to end."""

    def __init__(self, store: Store, folder: RunFolder, run: RunRecord) -> None:
        self._store = store
        self._folder = folder
        self._run = run
        self._terminated = False
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._terminate)

    def run(self) -> Ending:
        experiment = self._run.experiment
        try:
            experiment = run_file.read(self._folder.path).experiment
            self._use_threads()
            with closing(self._session(experiment)) as session:
                return self._train(session, experiment)
        except Exception as error:
            sentence = excuse(error, experiment)
            if sentence is None:
                _log.exception("This is an error in the program.")
                sentence = bug(error)
            return Ending("failed", sentence)

    def _use_threads(self) -> None:
        # A resumed run keeps its number of threads: sums in another order have other last bits.
        threads = self._run.threads or environment.threads()
        if threads is not None:
            torch.set_num_threads(threads)

    def _session(self, experiment: Experiment) -> Session:
        """The run where it stands: at its newest checkpoint, or where it begins."""
        dataset, eager = load(experiment), not environment.cuda_graphs()
        newest = newest_checkpoint(self._folder.checkpoints)
        if newest is not None:
            start = load_checkpoint(newest.path)
            _log.info("Going on from iteration %d.", start.iteration)
            stream.truncate(self._folder.stream, start.iteration)
            return Session(experiment, dataset, start, eager=eager)
        self._folder.stream.unlink(missing_ok=True)
        if self._run.parent_iteration is None:
            return Session(experiment, dataset, eager=eager)
        parent_iteration = self._run.parent_iteration
        return forked_session(experiment, dataset, self._folder, parent_iteration, eager=eager)

    def _train(self, session: Session, experiment: Experiment) -> Ending:
        kept = kept_at(experiment, self._run.parent_iteration or 0)
        session.state.sync_at = kept
        saves = Savepoints(self._folder.checkpoints, kept, environment.checkpoint_seconds())
        progress = Progress(self._store, self._run.id, experiment.batch_size)
        started = session.started()
        self._introduce(started, session.state.execution)
        with stream.StreamWriter(self._folder.stream, started) as telemetry:
            for event in train(session):
                match event:
                    case Measurement():
                        telemetry.append(event)
                        progress.measured(event)
                    case Stepped():
                        saves.after_step(session)
                        asked = progress.stepped(event.iteration, session.state.seconds)
                        if (asked or self._terminated) and event.iteration < experiment.iterations:
                            saves.save(session)
                            return shell.asked(asked, event.iteration, progress.news)
                    case Diverged():
                        return shell.diverged(event, progress.news)
                    case Finished():
                        return self._finished(event)
        raise AssertionError("train() ends with Finished or Diverged")

    def _introduce(self, started: Started, execution: Execution) -> None:
        self._store.report(
            self._run.id,
            iteration=started.iteration,
            parameters=started.parameters,
            device=started.device,
            precision=started.precision,
            backend=started.backend,
            threads=started.threads,
            hardware=execution.hardware,
            software=execution.software,
        )
        _log.info(
            "%s on %s: %d parameters, %d training images, %s (%s), %s, threads: %d.",
            self._run.experiment.network,
            started.data,
            started.parameters,
            started.train_images,
            started.device,
            execution.hardware,
            started.precision,
            started.threads,
        )

    def _finished(self, event: Finished) -> Ending:
        stream.compact(self._folder.stream, self._folder.compacted)
        return shell.finished(event)

    def _terminate(self, _signal: int, _frame: FrameType | None) -> None:
        self._terminated = True


def _begin(store: Store, folder: RunFolder) -> RunRecord:
    """Take the run over, whoever started this worker.

    Raises:
        RunNotFound, WrongState: there is nothing to train.
    """
    run = store.get(folder.path.name)
    return store.change(
        run.id,
        RESUMABLE | {"queued", "running"},
        "{title} is {state}; there is nothing to train.",
        state="running",
        pid=os.getpid(),
        pid_created=processes.created(os.getpid()),
        heartbeat=time.time(),
        started=run.started or time.time(),
        ended=None,
        exit_reason="",
    )
