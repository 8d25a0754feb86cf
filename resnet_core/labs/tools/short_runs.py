"""Short trainings within a laboratory: alone in its process, or several in processes at once.

Child processes compute on one thread each, so a run's numbers do not depend on how many others
there are. Children end with the process that started them, see `_serve`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.catalog import LabSettings
from resnet_core.labs.events import Event, Progress, Row, Rows
from resnet_core.labs.tools.trained_network import dataset_of
from resnet_core.telemetry.events import Diverged, Finished, Measurement
from resnet_core.training import loop
from resnet_core.training.session import Session

RunEvent = Measurement | Finished | Diverged

CLASSES = 10  # of the embedded shapes, on which `experiment` trains
_MOST_AT_ONCE = 8


@dataclass(frozen=True)
class FinalErrors:
    """A training's last errors, percent.

    A network that diverged answers every image with the same class: its logits are not
    numbers. On data with as many images of each class that is wrong as often as guessing.
    """

    train: float
    test: float
    diverged: bool = False

    @classmethod
    def of(cls, end: Finished | Diverged, classes: int) -> FinalErrors:
        """The errors of a training that has ended, on data of so many classes."""
        if isinstance(end, Finished):
            return cls(end.train_error, end.test_error)
        return cls(guessing_error(classes), guessing_error(classes), diverged=True)


def guessing_error(classes: int) -> float:
    """Percent wrong by guessing among classes of equal size."""
    return 100 * (1 - 1 / classes)


def experiment(
    network: str, iterations: int, records: int, settings: LabSettings, **changes: Any
) -> Experiment:
    """A run on 8x8 shapes with 16 filters: short enough for a dozen of them in a minute.

    Args:
        records: about so many measurements during the run.
        settings: the laboratory's, whose training images, rate and seed these are.
        changes: of the experiment; without them no warm-up, and a tenth of the rate in the
            last quarter.
    """
    short = {
        "network": network,
        "image_size": 8,
        "width": 16,
        "crop_padding": 0,
        "batch_size": 32,
        "iterations": iterations,
        "milestones": (max(1, iterations * 3 // 4),),
        "record_every": max(1, iterations // records),
        "evaluate_every": iterations,
        "audit_every": 0,
        "device": "cpu",
        "precision": "fp32",
    }
    own = settings.model_dump(include={"train_images", "learning_rate", "seed"})
    return Experiment.create(**{**short, **own, **changes})


def shortened(experiment: Experiment, updates: int, **settings: Any) -> Experiment:
    """A run's network, data and batches for a short training on this machine.

    The rate drops at milestones, also where it dropped at plateaus of the run: they are not
    known beforehand, and a short training is evaluated once. The run's device may be another
    machine's.
    """
    short = {
        "schedule": "milestones",
        "iterations": updates,
        "record_every": max(1, updates // 20),
        "evaluate_every": updates,
        "audit_every": 0,
        "device": "auto",
    }
    return experiment.changed(**{**short, **settings})


def train(
    experiment: Experiment, initial_weights: Mapping[str, Tensor] | None = None
) -> Iterator[RunEvent]:
    """Train in this process, from the experiment's seed or from `initial_weights`.

    Raises:
        PlaygroundError: the data cannot be read, or a setting does not fit them.
    """
    session = Session(experiment, dataset_of(experiment), initial_weights=initial_weights)
    for event in loop.train(session):
        if isinstance(event, RunEvent):
            yield event


@dataclass
class ShortRun:
    """One of several trainings, and its course so far.

    Attributes:
        columns: that identify it in the table `curves`, beside its depth.
        iteration: updates so far.
        norms: of every 3x3 layer's gradient, an array a measurement.
        final: None until it has ended.
    """

    experiment: Experiment
    columns: Row = field(default_factory=dict)
    iteration: int = 0
    norms: list[NDArray[np.float32]] = field(default_factory=list)
    final: FinalErrors | None = None

    @property
    def depth(self) -> int:
        """The number of weighted layers."""
        return self.experiment.network_spec().depth

    @property
    def median_norms(self) -> NDArray[np.float64]:
        """Every layer's median over the run; 0 where not even one pass was finite."""
        if not self.norms:
            return np.zeros(1)
        return np.median(np.stack(self.norms), axis=0).astype(float)

    def add(self, event: RunEvent) -> None:
        """Note a measurement, or the errors at the end."""
        if isinstance(event, Measurement):
            self.iteration = event.iteration
            self.norms.append(event.gradient_norm)
        else:
            self.iteration = self.experiment.iterations
            self.final = FinalErrors.of(event, CLASSES)


def train_together(
    runs: Sequence[ShortRun],
    curve: Callable[[Measurement], Row],
    ended: Callable[[ShortRun, FinalErrors], Iterable[Rows]],
) -> Iterator[Event]:
    """Train all, several at once, with a row of the table `curves` a measurement, and progress.

    Args:
        curve: further columns of these rows.
        ended: rows of other tables when a run has ended.

    Raises:
        PlaygroundError: as `train_all`.
    """
    # A step takes time in proportion to the depth; so do the shares of progress.
    total = sum(run.depth * run.experiment.iterations for run in runs)
    with closing(train_all([run.experiment for run in runs])) as events:
        for index, event in events:
            run = runs[index]
            run.add(event)
            if isinstance(event, Measurement):
                row = {"iteration": event.iteration, "error": event.running_error}
                yield Rows.one("curves", run.columns, row, curve(event), depth=run.depth)
            elif run.final is not None:
                yield from ended(run, run.final)
            yield Progress(sum(one.depth * one.iteration for one in runs), total)


def outer_norms(event: Measurement) -> Row:
    """The norms of the first and the last 3x3 layer's gradients."""
    return {"first": float(event.gradient_norm[0]), "last": float(event.gradient_norm[-1])}


def train_alone(
    events: Iterable[object], classes: int, columns: Row, progress: Callable[[int], Progress]
) -> Generator[Event, None, FinalErrors]:
    """The curve and the progress of one training in this process; return its last errors.

    Args:
        events: of the training.
        columns: that identify it in the table `curves`.
        progress: after so many updates.
    """
    final: FinalErrors | None = None
    for event in events:
        if isinstance(event, Measurement):
            errors = {"error": event.running_error, "loss": event.loss}
            yield Rows.one("curves", columns, errors, iteration=event.iteration)
            yield progress(event.iteration)
        elif isinstance(event, Finished | Diverged):
            final = FinalErrors.of(event, classes)
    assert final is not None
    return final


def train_all(
    experiments: Sequence[Experiment], workers: int | None = None
) -> Generator[tuple[int, RunEvent], None, None]:
    """Train several at once; each event comes with its experiment's index.

    They begin in the order given. Where there is one worker, or the system starts no process,
    they are trained one after another in this one. Closing the generator ends what still trains.

    Args:
        workers: processes; by default one a core.

    Raises:
        PlaygroundError: as `train`, or a process was ended from outside.
    """
    workers = workers or min(cores(), _MOST_AT_ONCE)
    processes = _start_workers(min(workers, len(experiments)), experiments)
    if not processes:
        for index, each in enumerate(experiments):
            for event in train(each):
                yield index, event
        return
    try:
        yield from _distribute(experiments, processes)
    finally:
        for process in processes:
            process.kill()


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Worker:
    """A process that trains the experiments it is sent, one at a time.

    Raises:
        OSError: the system cannot start another process.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("fork" if _can_fork() else "spawn")
        self.pipe, child_end = context.Pipe()
        self._process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(child_end, self.pipe), daemon=True
        )
        self._process.start()
        child_end.close()

    def kill(self) -> None:
        """End it at once, also within a training."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.pipe.close()


def _can_fork() -> bool:
    """Check that no threads can have been started by now, which forked children would lack.

    Elsewhere than on Linux system libraries may start some; so may autograd, where there is a GPU.
    """
    return sys.platform.startswith("linux") and not torch.cuda.is_available()


def _start_workers(count: int, experiments: Sequence[Experiment]) -> list[_Worker]:
    """`count` processes, or as many as the system grants; none where one would do."""
    if count < 2:
        return []
    if _can_fork():
        dataset_of(experiments[0])  # read once, before there are children to share it with
    workers: list[_Worker] = []
    try:
        while len(workers) < count:
            workers.append(_Worker())
    except OSError:
        pass  # no more processes: those there are take the work
    except BaseException:
        for worker in workers:
            worker.kill()
        raise
    return workers


def _distribute(
    experiments: Sequence[Experiment], workers: Sequence[_Worker]
) -> Iterator[tuple[int, RunEvent]]:
    waiting = list(enumerate(experiments))
    running: dict[Connection, int] = {}
    for worker in workers[: len(waiting)]:
        running[worker.pipe] = _send_next(worker.pipe, waiting)
    while running:
        ready = connection.wait(list(running))
        for pipe in [pipe for pipe in running if pipe in ready]:
            index = running[pipe]
            event = _receive(pipe, experiments[index])
            if event is not None:
                yield index, event
            elif waiting:
                running[pipe] = _send_next(pipe, waiting)
            else:
                del running[pipe]


def _send_next(pipe: Connection, waiting: list[tuple[int, Experiment]]) -> int:
    index, experiment = waiting.pop(0)
    pipe.send(experiment)
    return index


def _receive(pipe: Connection, experiment: Experiment) -> RunEvent | None:
    """The next event of the run that the other end trains; None after its last one."""
    try:
        content = pipe.recv()
    except (EOFError, OSError) as error:
        raise PlaygroundError("labs.process_ended", network=experiment.network) from error
    if isinstance(content, Exception):
        raise content
    return content


def _serve(pipe: Connection, parents_end: Connection) -> None:
    """Train in the child the experiments that come through the pipe until the parent is gone.

    The parent kills its children when `train_all` is closed. Where the parent itself was
    killed, its sentinel is ready: a child sees that at its next event at the latest.
    """
    # A forked child has the handlers of the worker that it comes from.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parents_end.close()  # a pipe ends when no process holds its other end
    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    assert parent is not None
    while pipe in connection.wait([pipe, parent.sentinel]):
        try:
            for message in _messages(pipe.recv()):
                if not parent.is_alive():
                    return
                pipe.send(message)
        except (EOFError, OSError):
            return


def _messages(experiment: Experiment) -> Iterator[RunEvent | Exception | None]:
    """The training's events, then None; or the error that ended it."""
    try:
        yield from train(experiment)
        yield None
    except PlaygroundError as error:
        yield error
    except Exception:
        yield RuntimeError(traceback.format_exc())  # others may not come through a pipe
