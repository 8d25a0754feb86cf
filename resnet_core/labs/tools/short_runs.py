"""Short training runs within a laboratory: one, or several at once in processes of their own.

Children compute on one thread each, so a run's numbers do not depend on how many others
there are. None of them outlives the one who asked: see `_serve`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import torch
from torch import Tensor

from resnet_core.data import catalog
from resnet_core.data.dataset import Dataset
from resnet_core.data.selection import Selection
from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.telemetry.events import Diverged, Finished, Measurement
from resnet_core.training import loop
from resnet_core.training.session import Session

RunEvent = Measurement | Finished | Diverged


def train(
    experiment: Experiment, initial_weights: Mapping[str, Tensor] | None = None
) -> Iterator[RunEvent]:
    """Train in this process, from the experiment's own seed or from `initial_weights`.

    Raises:
        PlaygroundError: the data cannot be read, or a setting does not fit them.
    """
    session = Session(experiment, dataset(experiment), initial_weights=initial_weights)
    for event in loop.train(session):
        if isinstance(event, RunEvent):
            yield event


def many(experiments: Sequence[Experiment], workers: int) -> Iterator[tuple[int, RunEvent]]:
    """Train several, up to `workers` at once; each event comes with its experiment's index.

    They begin in the order given. Where no process can be had, or `workers` is 1, they are
    trained one after another in this one. Closing the generator ends what still trains.

    Raises:
        PlaygroundError: as `train`, or a process was ended from outside.
    """
    hands = _hire(min(workers, len(experiments)), experiments)
    if not hands:
        for index, experiment in enumerate(experiments):
            for event in train(experiment):
                yield index, event
        return
    try:
        yield from _shared(experiments, hands)
    finally:
        for hand in hands:
            hand.dismiss()


def cores() -> int:
    """Processors that this process may use: how many runs at once make sense."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def dataset(experiment: Experiment) -> Dataset:
    """The experiment's images; the last few data sets are kept, and forked children share them."""
    return _dataset(Selection.of(experiment))


@lru_cache(maxsize=2)
def _dataset(selection: Selection) -> Dataset:
    return catalog.load(selection)


class _Hand:
    """A process that trains what it is given, one run at a time.

    Raises:
        OSError: the system cannot start another process.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("fork" if _can_fork() else "spawn")
        self.pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(theirs, self.pipe), daemon=True
        )
        self._process.start()
        theirs.close()

    def dismiss(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.pipe.close()


def _can_fork() -> bool:
    """Elsewhere than on Linux system libraries may have started threads by now; so may
    autograd, where there is a GPU."""
    return sys.platform.startswith("linux") and not torch.cuda.is_available()


def _hire(count: int, experiments: Sequence[Experiment]) -> list[_Hand]:
    """`count` processes, or as many as the system grants; none where one would do."""
    if count < 2:
        return []
    if _can_fork():
        dataset(experiments[0])  # read once, before there are children to share it with
    hands: list[_Hand] = []
    try:
        while len(hands) < count:
            hands.append(_Hand())
    except OSError:
        pass  # no more processes: those there are take the work
    except BaseException:
        for hand in hands:
            hand.dismiss()
        raise
    return hands


def _shared(
    experiments: Sequence[Experiment], hands: Sequence[_Hand]
) -> Iterator[tuple[int, RunEvent]]:
    waiting = list(enumerate(experiments))
    at_work: dict[Connection, int] = {}
    for hand in hands[: len(waiting)]:
        at_work[hand.pipe] = _give(hand.pipe, waiting)
    while at_work:
        ready = connection.wait(list(at_work))
        for pipe in [pipe for pipe in at_work if pipe in ready]:
            index = at_work[pipe]
            event = _received(pipe, experiments[index])
            if event is not None:
                yield index, event
            elif waiting:
                at_work[pipe] = _give(pipe, waiting)
            else:
                del at_work[pipe]


def _give(pipe: Connection, waiting: list[tuple[int, Experiment]]) -> int:
    index, experiment = waiting.pop(0)
    pipe.send(experiment)
    return index


def _received(pipe: Connection, experiment: Experiment) -> RunEvent | None:
    """The next event of the run that the other end trains; None after its last one."""
    try:
        kind, content = pipe.recv()
    except (EOFError, OSError) as error:
        raise PlaygroundError(
            f"The process that trained {experiment.network} was ended from outside; "
            "free some memory and run it again."
        ) from error
    if kind == "refused":
        raise PlaygroundError(content)
    if kind == "failed":
        raise RuntimeError(content)
    return content


def _serve(pipe: Connection, parents_end: Connection) -> None:
    """In the child: train what comes through the pipe until the parent is gone.

    The parent ends its children when it closes `many`; when it was killed itself, its
    sentinel tells them, at the next event at the latest.
    """
    # A forked child has the handlers of the worker that it comes from.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parents_end.close()  # a pipe ends when nobody holds its other end
    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    assert parent is not None
    while pipe in connection.wait([pipe, parent.sentinel]):
        try:
            experiment = pipe.recv()
            for answer in _answers(experiment):
                if not parent.is_alive():
                    return
                pipe.send(answer)
        except (EOFError, OSError):
            return


def _answers(experiment: Experiment) -> Iterator[tuple[str, RunEvent | str | None]]:
    try:
        for event in train(experiment):
            yield "event", event
        yield "event", None
    except PlaygroundError as error:
        yield "refused", str(error)
    except Exception:
        yield "failed", traceback.format_exc()
