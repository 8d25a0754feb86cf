"""Updates as CUDA graphs: launched as a whole, many in a row, and waited for once.

A small network's kernels take a GPU a few microseconds each; eager Python takes longer to ask
for them. A graph holds everything that an update does, preparing the images, going forward and
back, measuring, moving the weights, and is asked for by one call. What differs between updates
lies in tensors that stay where they are: which images, their crops, the learning rate.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from resnet_core.data.augment import Draw
from resnet_core.telemetry.values import Float64
from resnet_core.training import intervals, stretch
from resnet_core.training.batches.batches import Batches
from resnet_core.training.step.backpropagation import Shown
from resnet_core.training.step.eager import EagerUpdates, Update, Updates

if TYPE_CHECKING:
    from resnet_core.training.session import Session

_WARM_UPS = 3  # before a capture, on a stream of their own: libraries set themselves up in them
_log = logging.getLogger(__name__)

Body = Callable[[], Shown]


class Graph(Protocol):
    """Something done on tensors that stay where they are.

    Attributes:
        shown: what it shows, anew after every replay, in the same tensors.
    """

    shown: Shown

    def replay(self) -> None: ...


class CudaGraph:
    """What `body` asks of the GPU, captured to be asked again as a whole.

    Graphs of one pool use the same memory in turn: what one shows is to be fetched before
    another is replayed.

    Raises:
        RuntimeError: it asks for something that cannot be captured.
    """

    def __init__(self, body: Body, pool: Any) -> None:
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(_WARM_UPS):
                body()
        torch.cuda.current_stream().wait_stream(beside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=pool):
            self.shown = body()

    def replay(self) -> None:
        self._graph.replay()


class Disagreement(RuntimeError):
    """A replay does not give what the same update gave when it was made eagerly."""


class CapturedUpdates:
    """Makes a stretch of updates without waiting for the device in between.

    The numbers that chance draws are drawn on the CPU as ever, so images and augmentation are
    those of eager training; the weights differ in their last bits.

    Raises:
        RuntimeError: an update cannot be captured, or a replay is not the same as the update.
    """

    backend = "cuda-graph"

    def __init__(self, session: Session, graph: Callable[[Body], Graph]) -> None:
        assert isinstance(session.batches, Batches)
        self._session, self._batches = session, session.batches
        self._eager = EagerUpdates(session)
        device, batch = session.execution.device, session.experiment.batch_size
        # What an update is given:
        self._chosen = torch.zeros(batch, dtype=torch.int64, device=device)
        self._chance = torch.zeros(3, batch, dtype=torch.int64, device=device)
        self._rate = torch.zeros((), device=device)
        # Where the CPU leaves chance and rates for the device to fetch, a place for each update:
        pinned = device.type == "cuda"
        most = stretch.MOST
        self._chances = torch.zeros(most, 3, batch, dtype=torch.int64, pin_memory=pinned)
        self._rates = torch.zeros(most, pin_memory=pinned)
        before = self._kept()
        self._quiet, self._recorded = (graph(self._body(record)) for record in (False, True))
        self._check(before)
        width = len(self._recorded.shown.row)
        self._rows = torch.zeros(most, width, device=device)  # what each update has shown

    def _body(self, record: bool) -> Body:
        session = self._session

        def update() -> Shown:
            top, left, mirrored = self._chance
            drawn = Draw(top, left, mirrored.bool()) if self._batches.augments else None
            images, labels = self._batches.prepared(self._chosen, drawn)
            shown = session.backpropagation(images, labels, record=record)
            session.optimizer.update_at(self._rate)
            return shown

        return update

    def make(self, iteration: int) -> list[Update]:
        """As many as need no look; where the next one is audited, that one, eagerly."""
        session = self._session
        known = session.schedule.known
        count = stretch.length(session.experiment, iteration, session.halts, known)
        if count == 0:
            return self._eager.make(iteration)
        rates = [session.schedule.rate(iteration + each) for each in range(count)]
        graphs = [self._graph(iteration + each + 1) for each in range(count)]
        for each, (graph, rate) in enumerate(zip(graphs, rates, strict=True)):
            self._give(each, rate)
            graph.replay()
            row = graph.shown.row
            self._rows[each, : len(row)].copy_(row, non_blocking=True)
        rows = _numbers(self._rows[:count])  # the device is waited for here
        return [
            _update(graph.shown, row, rate)
            for graph, row, rate in zip(graphs, rows, rates, strict=True)
        ]

    def _graph(self, iteration: int) -> Graph:
        due = intervals.recorded(self._session.experiment, iteration)
        return self._recorded if due else self._quiet

    def _give(self, place: int, rate: float) -> None:
        """Put an update's images, chance and rate where its graph expects them."""
        chosen, drawn = self._batches.draw()
        self._chosen.copy_(chosen)
        if drawn is not None:
            torch.stack((drawn.top, drawn.left, drawn.mirrored.long()), out=self._chances[place])
            self._chance.copy_(self._chances[place], non_blocking=True)
        self._rates[place] = rate
        self._rate.copy_(self._rates[place], non_blocking=True)

    def _kept(self) -> list[Tensor]:
        return [tensor.clone() for tensor in self._changing()]

    def _changing(self) -> list[Tensor]:
        """All that an update changes: weights, velocities, BN's running statistics."""
        return [*self._session.optimizer.tensors(), *self._session.model.buffers()]

    def _put_back(self, kept: list[Tensor]) -> None:
        for tensor, before in zip(self._changing(), kept, strict=True):
            tensor.copy_(before)

    def _check(self, before: list[Tensor]) -> None:
        """Hold each graph to its own update, made eagerly; then all is as it was before."""
        state = self._batches.state()
        self._give(0, rate=1e-3)
        self._batches.restore(state)
        for record, graph in ((False, self._quiet), (True, self._recorded)):
            self._put_back(before)
            expected = [self._body(record)().row, *self._kept()]
            self._put_back(before)
            graph.replay()
            found = [graph.shown.row, *self._kept()]
            if not all(map(_close, found, expected)):
                raise Disagreement("a replayed update is not the same as one made eagerly")
        self._put_back(before)


def updates(session: Session, *, eager: bool) -> Updates:
    """The fastest way to make this session's updates."""
    if eager or not _can_be_captured(session):
        return EagerUpdates(session)
    try:
        pool = torch.cuda.graph_pool_handle()
        return CapturedUpdates(session, lambda body: CudaGraph(body, pool))
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        _log.warning("Training goes on without CUDA graphs: %s.", reason)
        return EagerUpdates(session)


def _can_be_captured(session: Session) -> bool:
    """Of fp16's loss scale and of dropout's draws a graph would keep the first for ever."""
    execution = session.execution
    usual = execution.device.type == "cuda" and execution.precision != "fp16"
    return usual and isinstance(session.batches, Batches) and not session.dropout.needed


def _update(shown: Shown, row: Float64, rate: float) -> Update:
    passed = shown.read(row)
    return Update(passed, rate, broken=not passed.finite)


def _close(found: Tensor, expected: Tensor) -> bool:
    """Whether two results of the same arithmetic agree; not a number agrees with itself."""
    return torch.allclose(found, expected, rtol=1e-3, atol=1e-5, equal_nan=True)


def _numbers(rows: Tensor) -> Float64:
    return rows.cpu().numpy().astype(np.float64)
