"""Updates, made one at a time or launched many in a row as CUDA graphs.

A small network's kernels take a GPU a few microseconds each; eager Python takes longer to
launch them. A graph contains a whole update, from preparing the images to moving the weights,
and is launched by one call. What differs between updates is in tensors that stay where they
are: the images' positions, their crops, the learning rate.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from resnet_core.data.augment import Draw
from resnet_core.training import schedule
from resnet_core.training.batches import Batches
from resnet_core.training.step.backpropagation import Backpropagation, BatchResult, DeviceResult
from resnet_core.training.train_state import TrainState

_WARM_UPS = 3  # before a capture, on a side stream: libraries initialise themselves in them
_log = logging.getLogger(__name__)

Body = Callable[[], DeviceResult]


@dataclass(frozen=True)
class Update:
    """One update of the weights.

    Attributes:
        rate: the learning rate.
        seconds: that it took.
        diverged: the loss or its gradient is not finite; no update can follow.
    """

    result: BatchResult
    rate: float
    seconds: float
    diverged: bool


class Stepper(Protocol):
    """A way to make updates.

    Attributes:
        backend: its name in the run's record.
    """

    backend: str

    @property
    def in_sync(self) -> bool:
        """True if the weights on the device are those after the update returned last."""
        ...

    def next(self) -> Update:
        """Return the update that follows `TrainState.iteration` others."""
        ...


class EagerStepper:
    """Waits for the device at every update.

    Only then is it known before the weights move that loss and gradient are finite, and whether
    fp16's gradient has overflowed. When Python has queued the backward pass, a GPU is not far
    behind, so the wait is short.
    """

    backend = "eager"
    in_sync = True

    def __init__(self, state: TrainState, backpropagation: Backpropagation) -> None:
        self._state, self._backpropagation = state, backpropagation

    def next(self) -> Update:
        start = time.perf_counter()
        state, iteration = self._state, self._state.iteration + 1
        with state.dropout.at(iteration):
            result = self._backpropagation(
                *state.batches.next(),
                record=schedule.record_due(state.experiment, iteration),
                audit=schedule.audit_due(state.experiment, iteration),
                scaler=state.scaler,
            ).fetch()
        rate = state.schedule.rate(state.iteration)
        diverged = not self._step(result, rate)
        return Update(result, rate, time.perf_counter() - start, diverged)

    def _step(self, result: BatchResult, rate: float) -> bool:
        """Update the weights, unless fp16's gradient has overflowed (Micikevicius et al. 2018,
        section 3.2); return whether training can go on."""
        scaler, optimizer = self._state.scaler, self._state.optimizer
        if not math.isfinite(result.loss):
            return False
        if not scaler.is_enabled():
            if result.finite:
                optimizer.step(rate)
            return result.finite
        scaler.step(optimizer, rate)  # type: ignore[arg-type]  # all that it asks of an optimizer
        scaler.update()
        return result.finite or scaler.get_scale() >= 1  # a smaller factor gains nothing


class Graph(Protocol):
    """Work on tensors that stay where they are.

    Attributes:
        result: its figures, in the same tensors after every replay.
    """

    result: DeviceResult

    def replay(self) -> None: ...


class CudaGraph:
    """The GPU's work in `body`, captured to be launched as a whole.

    Graphs of one pool use the same memory in turn: fetch the result of one before another is
    replayed.

    Raises:
        RuntimeError: `body` does something that cannot be captured.
    """

    def __init__(self, body: Body, pool: Any) -> None:
        side_stream = torch.cuda.Stream()
        side_stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side_stream):
            for _ in range(_WARM_UPS):
                body()
        torch.cuda.current_stream().wait_stream(side_stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=pool):
            self.result = body()

    def replay(self) -> None:
        self._graph.replay()


class ReplayMismatch(RuntimeError):
    """A replay that does not give what the same update gave when it was made eagerly."""


class GraphStepper:
    """Launches a chunk of updates without waiting for the device in between.

    Random numbers are drawn on the CPU as in eager training, so images and augmentation are
    the same; the weights differ in their last bits.

    Raises:
        RuntimeError: an update cannot be captured, or a replay is not the same as the update.
    """

    backend = "cuda-graph"

    def __init__(
        self,
        state: TrainState,
        backpropagation: Backpropagation,
        graph: Callable[[Body], Graph],
    ) -> None:
        assert isinstance(state.batches, Batches)
        self._state, self._batches = state, state.batches
        self._backpropagation = backpropagation
        self._eager = EagerStepper(state, backpropagation)
        self._made: deque[Update] = deque()  # of this chunk, not returned yet
        device, batch = state.execution.device, state.experiment.batch_size
        # The inputs of an update:
        self._positions = torch.zeros(batch, dtype=torch.int64, device=device)
        self._draw = torch.zeros(3, batch, dtype=torch.int64, device=device)
        self._rate = torch.zeros((), device=device)
        # Where the CPU puts draws and rates for the device to fetch, a place for each update:
        pinned, size = device.type == "cuda", schedule.MAX_CHUNK
        self._draws = torch.zeros(size, 3, batch, dtype=torch.int64, pin_memory=pinned)
        self._rates = torch.zeros(size, pin_memory=pinned)
        before = self._snapshot()
        self._quiet, self._recorded = (graph(self._body(record)) for record in (False, True))
        self._check(before)
        self._rows = torch.zeros(size, len(self._recorded.result.row), device=device)

    def _body(self, record: bool) -> Body:
        def update() -> DeviceResult:
            top, left, mirrored = self._draw
            draw = Draw(top, left, mirrored.bool()) if self._batches.augments else None
            images, labels = self._batches.prepared(self._positions, draw)
            result = self._backpropagation(images, labels, record=record)
            self._state.optimizer.fused_step(self._rate)
            return result

        return update

    @property
    def in_sync(self) -> bool:
        return not self._made

    def next(self) -> Update:
        if not self._made:
            self._made.extend(self._chunk())
        return self._made.popleft()

    def _chunk(self) -> list[Update]:
        """Make as many updates as can be launched together; one that is audited, eagerly."""
        state, start = self._state, time.perf_counter()
        experiment, first = state.experiment, state.iteration
        fixed_updates = state.schedule.fixed_updates
        count = schedule.chunk_length(experiment, first, state.sync_at, fixed_updates)
        if count == 0:
            return [self._eager.next()]
        rates = [state.schedule.rate(first + index) for index in range(count)]
        graphs = [self._graph(first + index + 1) for index in range(count)]
        for index, (graph, rate) in enumerate(zip(graphs, rates, strict=True)):
            self._set_inputs(index, rate)
            graph.replay()
            row = graph.result.row
            self._rows[index, : len(row)].copy_(row, non_blocking=True)
        rows = self._rows[:count].cpu().numpy().astype(np.float64)  # waits for the device
        seconds = (time.perf_counter() - start) / count
        results = [graph.result.read(row) for graph, row in zip(graphs, rows, strict=True)]
        return [
            Update(result, rate, seconds, diverged=not result.finite)
            for result, rate in zip(results, rates, strict=True)
        ]

    def _graph(self, iteration: int) -> Graph:
        recorded = schedule.record_due(self._state.experiment, iteration)
        return self._recorded if recorded else self._quiet

    def _set_inputs(self, index: int, rate: float) -> None:
        """Put an update's images, augmentation and rate where its graph reads them."""
        positions, draw = self._batches.draw()
        self._positions.copy_(positions)
        if draw is not None:
            torch.stack((draw.top, draw.left, draw.mirrored.long()), out=self._draws[index])
            self._draw.copy_(self._draws[index], non_blocking=True)
        self._rates[index] = rate
        self._rate.copy_(self._rates[index], non_blocking=True)

    def _changing(self) -> list[Tensor]:
        """Return what an update changes: weights, momentum buffers, BN's running statistics."""
        return [*self._state.optimizer.tensors(), *self._state.model.buffers()]

    def _snapshot(self) -> list[Tensor]:
        return [tensor.clone() for tensor in self._changing()]

    def _restore(self, snapshot: list[Tensor]) -> None:
        for tensor, before in zip(self._changing(), snapshot, strict=True):
            tensor.copy_(before)

    def _check(self, before: list[Tensor]) -> None:
        """Compare each graph with its own update, made eagerly; then restore everything."""
        batches = self._batches.state_dict()
        self._set_inputs(0, rate=1e-3)
        self._batches.load_state_dict(batches)
        for record, graph in ((False, self._quiet), (True, self._recorded)):
            self._restore(before)
            expected = [self._body(record)().row, *self._snapshot()]
            self._restore(before)
            graph.replay()
            replayed = [graph.result.row, *self._snapshot()]
            if not all(map(_close, replayed, expected)):
                raise ReplayMismatch("a replayed update is not the same as one made eagerly")
        self._restore(before)


def fastest_stepper(state: TrainState, backpropagation: Backpropagation, *, eager: bool) -> Stepper:
    """Return the fastest way to make these updates; `eager`: without CUDA graphs."""
    if eager or not _can_be_captured(state):
        return EagerStepper(state, backpropagation)
    try:
        pool = torch.cuda.graph_pool_handle()
        return GraphStepper(state, backpropagation, lambda body: CudaGraph(body, pool))
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        _log.warning("Training goes on without CUDA graphs: %s.", reason)
        return EagerStepper(state, backpropagation)


def _can_be_captured(state: TrainState) -> bool:
    """Return whether graphs can be used: they would repeat fp16's first loss scale and dropout's
    first draws."""
    execution = state.execution
    usual = execution.device.type == "cuda" and execution.precision != "fp16"
    return usual and isinstance(state.batches, Batches) and not state.dropout.needed


def _close(replayed: Tensor, expected: Tensor) -> bool:
    """Compare two results of the same arithmetic; not a number agrees with itself."""
    return torch.allclose(replayed, expected, rtol=1e-3, atol=1e-5, equal_nan=True)
