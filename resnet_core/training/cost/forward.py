"""The cost of one image's forward pass on this machine: seconds, and bytes at the peak."""

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

_MAX_PASSES, _MAX_SECONDS = 5, 4.0
_INTERVAL = 0.002  # seconds between two readings of the process's memory


@dataclass(frozen=True)
class ForwardCost:
    """Measured on one image, in evaluation mode and without gradients.

    Attributes:
        seconds: median of several passes after a first one that is not counted.
        peak_bytes: of weights, maps and working memory together; on a CPU the growth of the
            process, on a GPU torch's allocations.
        passes: how many were timed.
        device: "cpu", "cuda:0", ...; `hardware` is the processor or GPU by its maker's name.
    """

    seconds: float
    peak_bytes: int
    passes: int
    device: str
    hardware: str
    threads: int


def forward_cost(spec: Spec, device_name: str = "auto") -> ForwardCost:
    """Build the network and send one image through it, in float32.

    Peak memory is right only in a process that has computed nothing before: memory that was
    freed and is used again does not show.

    Raises:
        InvalidSetting: this machine lacks the device.
    """
    execution = device.choose(device_name, "fp32")
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
    """Load everything that all networks need, so that it is counted for none."""
    with torch.inference_mode():
        model = execution.place(_built(NetworkSpec(depth=8)))
        model(torch.zeros(1, 3, 32, 32, device=execution.device))
    if execution.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(execution.device)


def _built(spec: Spec) -> nn.Module:
    """Return the network with constant weights: initial values would take longer than passes."""
    with torch.device("meta"):
        model = architecture(spec)
    model.to_empty(device="cpu")
    for name, tensor in model.state_dict().items():
        tensor.fill_(1.0 if "running_var" in name else 1e-3)
    return model.eval()


def _timed(model: nn.Module, image: torch.Tensor, on_gpu: bool) -> list[float]:
    """Return the seconds of each pass but the first, which prepares the kernels."""
    seconds: list[float] = []
    began = time.perf_counter()
    while len(seconds) <= _MAX_PASSES and (
        len(seconds) < 2 or time.perf_counter() - began < _MAX_SECONDS
    ):
        start = time.perf_counter()
        model(image)
        if on_gpu:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


class _Peak:
    """The growth of the process while the context is entered, at its maximum."""

    def __enter__(self) -> _Peak:
        self._process = psutil.Process()
        self._before = self._max = self._memory()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._read()
        self._ended.set()
        self._thread.join()

    @property
    def grown(self) -> int:
        """Return the growth, bytes."""
        return self._max - self._before

    def _watch(self) -> None:
        while not self._ended.wait(_INTERVAL):
            self._read()

    def _read(self) -> None:
        self._max = max(self._max, self._memory())

    def _memory(self) -> int:
        """Bytes, without the pages of files such as libraries, where Linux tells them: it can
        take these back at any time."""
        memory = self._process.memory_info()
        return int(memory.rss - getattr(memory, "shared", 0))
