"""What one image's way through a network takes on this machine: seconds, and bytes at the peak."""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import dataclass

import psutil
import torch
from torch import nn

from resnet_core.networks.catalog import architecture
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.names import Spec
from resnet_core.training import device

_MOST, _PATIENCE = 5, 4.0  # forward passes, seconds
_EVERY = 0.002  # seconds between two looks at the process's memory


@dataclass(frozen=True)
class ForwardCost:
    """Measured on one image, in evaluation mode and without gradients.

    Attributes:
        seconds: median of several passes after a first one that is not counted.
        peak_bytes: the most that weights, maps and working memory took together; on a CPU what
            the process grew by, on a GPU what torch had allocated.
        passes: how many were timed.
        device: "cpu", "cuda:0", ...; `hardware` is the processor or GPU by its maker's name.
    """

    seconds: float
    peak_bytes: int
    passes: int
    device: str
    hardware: str
    threads: int


def forward_cost(spec: Spec, where: str = "auto") -> ForwardCost:
    """Build the network and send one image through it, in float32.

    Peak memory is right only in a process that has computed nothing before: memory that was
    freed and is used again does not show.

    Raises:
        InvalidSetting: this machine lacks the device.
    """
    execution = device.choose(where, "fp32")
    on_gpu = execution.device.type == "cuda"
    _warm_up(execution)
    with _Peak() as peak, torch.inference_mode():
        model = execution.place(_built(spec))
        image = torch.zeros(1, spec.channels, spec.image_size, spec.image_size)
        seconds = _timed(model, image.to(execution.device), on_gpu)
    return ForwardCost(
        seconds=statistics.median(seconds),
        peak_bytes=torch.cuda.max_memory_allocated(execution.device) if on_gpu else peak.grown,
        passes=len(seconds),
        device=str(execution.device),
        hardware=execution.hardware,
        threads=execution.threads,
    )


def _warm_up(execution: device.Execution) -> None:
    """Have everything loaded that any network needs, so that none is charged with it."""
    with torch.inference_mode():
        model = execution.place(_built(NetworkSpec(depth=8)))
        model(torch.zeros(1, 3, 32, 32, device=execution.device))
    if execution.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(execution.device)


def _built(spec: Spec) -> nn.Module:
    """The network with constant weights: initial values would take longer than the passes."""
    with torch.device("meta"):
        model = architecture(spec)
    model.to_empty(device="cpu")
    for name, tensor in model.state_dict().items():
        tensor.fill_(1.0 if "running_var" in name else 1e-3)
    return model.eval()


def _timed(model: nn.Module, image: torch.Tensor, on_gpu: bool) -> list[float]:
    """Seconds of each pass; the first prepares the kernels and is left out."""
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) <= _MOST and (len(taken) < 2 or time.perf_counter() - began < _PATIENCE):
        start = time.perf_counter()
        model(image)
        if on_gpu:
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - start)
    return taken[1:]


class _Peak:
    """How much the process grows, at most, while this is entered."""

    def __enter__(self) -> _Peak:
        self._process = psutil.Process()
        self._before = self._most = self._own()
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._look()
        self._ended.set()
        self._watcher.join()

    @property
    def grown(self) -> int:
        """Bytes."""
        return self._most - self._before

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        self._most = max(self._most, self._own())

    def _own(self) -> int:
        """Bytes. Linux can tell which pages only show a file, such as a library's code; it
        takes these back when others want memory, so they are left out."""
        memory = self._process.memory_info()
        return int(memory.rss - getattr(memory, "shared", 0))
