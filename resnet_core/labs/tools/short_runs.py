"""Short trainings within a laboratory: alone in its process, or several in processes at once.

Child processes compute on one thread each, so a run's numbers do not depend on how many others
there are. Children end with the process that started them, see `_serve`.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.catalog import LabSettings
from resnet_core.labs.events import Event, Progress, Row, Rows
from resnet_core.labs.tools.trained_network import dataset_of
from resnet_core.telemetry.events import Diverged, Finished, Measurement
from resnet_core.training import loop
from resnet_core.training.session import Session

RunEvent = Measurement | Finished | Diverged
Around = Callable[[nn.Module], AbstractContextManager[Any]]

CLASSES = 10  # of the embedded shapes and of the photographs, on which `experiment` trains
_log = logging.getLogger(__name__)

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
    """A run on 8x8 images with 16 filters: short enough for a dozen of them in a minute.

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
    experiment: Experiment,
    initial_weights: Mapping[str, Tensor] | None = None,
    around: Around | None = None,
) -> Iterator[RunEvent]:
    """Train in this process, from the experiment's seed or from `initial_weights`.

    Args:
        around: changes the model until its context ends. Then nothing is captured as a graph,
            which would be of the unchanged model.

    Raises:
        PlaygroundError: the data cannot be read, or a setting does not fit them.
    """
    dataset = dataset_of(experiment)
    eager = around is not None
    session = Session(experiment, dataset, eager=eager, initial_weights=initial_weights)
    with around(session.state.model) if around else nullcontext():
        for event in loop.train(session):
            if isinstance(event, RunEvent):
                yield event


@dataclass
class ShortRun:
    """One of several trainings, and its course so far.

    Attributes:
        columns: that identify it in the table `curves`, beside its depth.
        initial_weights: by default the seed's.
        around: as in `train`; a function that a pipe can carry.
        classes: of its images.
        iteration: updates so far.
        norms: of every 3x3 layer's gradient, an array a measurement.
        responses: the standard deviation of every 3x3 layer's, at the last measurement.
        final: None until it has ended.
    """

    experiment: Experiment
    columns: Row = field(default_factory=dict)
    initial_weights: Mapping[str, Tensor] | None = None
    around: Around | None = None
    classes: int = CLASSES
    iteration: int = 0
    norms: list[NDArray[np.float32]] = field(default_factory=list)
    responses: NDArray[np.float32] | None = None
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
            self.responses = event.response_std
        else:
            self.iteration = self.experiment.iterations
            self.final = FinalErrors.of(event, self.classes)


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
    with closing(train_all(runs)) as events:
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


def train_all(
    runs: Sequence[ShortRun], workers: int | None = None
) -> Generator[tuple[int, RunEvent], None, None]:
    """Train several at once; each event comes with its run's index.

    They begin in the order given. Where there is one worker, or the system starts no process,
    they are trained one after another in this one. Closing the generator ends what still trains.

    Args:
        workers: processes; by default one a core.

    Raises:
        PlaygroundError: as `train`, or a process was ended from outside.
    """
    workers = workers or min(cores(), _MOST_AT_ONCE)
    processes = _start_workers(min(workers, len(runs)), runs)
    if not processes:
        for index, run in enumerate(runs):
            for event in train(run.experiment, run.initial_weights, run.around):
                yield index, event
        return
    try:
        yield from _distribute(runs, processes)
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


def _start_workers(count: int, runs: Sequence[ShortRun]) -> list[_Worker]:
    """`count` processes, or as many as the system grants; none where one would do."""
    if count < 2:
        return []
    if _can_fork():
        dataset_of(runs[0].experiment)  # read once, before there are children to share it with
    workers: list[_Worker] = []
    try:
        while len(workers) < count:
            workers.append(_Worker())
    except OSError as error:
        # Those there are take the work; without any, this process does.
        _log.warning("Short runs train in %d processes: %s", len(workers) or 1, error)
    except BaseException:
        for worker in workers:
            worker.kill()
        raise
    return workers


def _distribute(
    runs: Sequence[ShortRun], workers: Sequence[_Worker]
) -> Iterator[tuple[int, RunEvent]]:
    waiting = list(enumerate(runs))
    running: dict[Connection, int] = {}
    for worker in workers[: len(waiting)]:
        running[worker.pipe] = _send_next(worker.pipe, waiting)
    while running:
        ready = connection.wait(list(running))
        for pipe in [pipe for pipe in running if pipe in ready]:
            index = running[pipe]
            event = _receive(pipe, runs[index].experiment)
            if event is not None:
                yield index, event
            elif waiting:
                running[pipe] = _send_next(pipe, waiting)
            else:
                del running[pipe]


def _send_next(pipe: Connection, waiting: list[tuple[int, ShortRun]]) -> int:
    index, run = waiting.pop(0)
    weights = run.initial_weights
    # Arrays are copied; a tensor would be shared, through a file that the child must open.
    arrays = None
    if weights is not None:
        arrays = {name: tensor.detach().cpu().numpy() for name, tensor in weights.items()}
    pipe.send((run.experiment, arrays, run.around))
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
            for message in _messages(*pipe.recv()):
                if not parent.is_alive():
                    return
                pipe.send(message)
        except (EOFError, OSError):
            return


def _messages(
    experiment: Experiment, arrays: Mapping[str, NDArray[Any]] | None, around: Around | None
) -> Iterator[RunEvent | Exception | None]:
    """The training's events, then None; or the error that ended it."""
    weights = None
    if arrays is not None:
        weights = {name: torch.from_numpy(array) for name, array in arrays.items()}
    try:
        yield from train(experiment, weights, around)
        yield None
    except PlaygroundError as error:
        yield error
    except Exception:
        yield RuntimeError(traceback.format_exc())  # others may not come through a pipe
