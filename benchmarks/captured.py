"""What one captured CUDA graph would give: a session's pass, forward and back, replayed as a whole.

Not how runs are trained: it is here to be measured against the way they are.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks import loops
from benchmarks.contender import Step
from resnet_core.telemetry.gradients import norms
from resnet_core.training.session import Session

_WARM_UPS = 3  # passes before the capture, on a stream of their own, as torch asks for


def step(network: str, precision: str) -> Step:
    """The session's step; drawing the batch and moving the weights stay outside the graph."""
    return CapturedSteps(loops.training_session(network, precision, loops.NEVER, "cuda"))


class CapturedSteps:
    """Calling it makes one update, as `Session.step` does where nothing is recorded.

    In fp32 and bf16: fp16's loss scale would be part of the graph, and it changes.

    Raises:
        RuntimeError: the pass cannot be captured.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        state = session.batches.state()
        self._images, self._labels = session.batches.next()
        session.batches.restore(state)
        buffers = [buffer.clone() for buffer in session.model.buffers()]
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(_WARM_UPS):
                self._pass()
        torch.cuda.current_stream().wait_stream(beside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._told = self._pass()
        for buffer, before in zip(session.model.buffers(), buffers, strict=True):
            buffer.copy_(before)

    def _pass(self) -> Tensor:
        """Loss, misclassified images and the gradients' norm; the gradients stay where they are."""
        session = self._session
        session.optimizer.forget_gradient()
        with session.execution.autocast():
            scores = session.model(self._images)  # B, classes
        loss = functional.cross_entropy(scores.float(), self._labels)
        loss.backward()
        wrong = (scores.argmax(1) != self._labels).sum()
        norm = norms(session.optimizer.gradient()).sum()
        return torch.stack([loss.detach(), wrong.float(), norm])

    def __call__(self) -> None:
        session = self._session
        images, labels = session.batches.next()
        self._images.copy_(images)
        self._labels.copy_(labels)
        self._graph.replay()
        self._told.tolist()  # waited for, as in the session
        session.optimizer.update(session.schedule.rate(session.iteration))
        session.iteration += 1
