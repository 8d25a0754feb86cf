"""The device and the precision of a run."""

from __future__ import annotations

import ctypes
import platform
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import nn

from resnet_core.errors import InvalidSetting

ComputedPrecision = Literal["fp32", "bf16", "fp16"]

_DTYPES: dict[ComputedPrecision, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
# Tensor cores compute bf16 from Ampere on.
_BF16_CAPABILITY = 8


@dataclass(frozen=True)
class Execution:
    """The device and the precision that tensors are computed with.

    Weights, BN's statistics, the loss and the update are float32 in every precision; bf16
    and fp16 are for the layers in between (torch's autocast). fp16's loss is scaled so that
    small gradients do not vanish. A CPU without such instructions computes both correctly,
    but several times slower than fp32.
    """

    device: torch.device
    precision: ComputedPrecision

    @property
    def dtype(self) -> torch.dtype:
        return _DTYPES[self.precision]

    @property
    def memory_format(self) -> torch.memory_format:
        """Channels last is a third faster on CPUs and tensor cores; Apple's GPUs gain nothing."""
        return torch.contiguous_format if self.device.type == "mps" else torch.channels_last

    @property
    def threads(self) -> int:
        return torch.get_num_threads()

    @property
    def hardware(self) -> str:
        """The processor or GPU by its maker's name."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        return _processor()

    @property
    def software(self) -> str:
        """For example "torch 2.15.0, Python 3.11.2, Linux"."""
        python, system = platform.python_version(), platform.system()
        return f"torch {torch.__version__}, Python {python}, {system}"

    def place(self, model: nn.Module) -> nn.Module:
        """Move the network to the device and return it."""
        model.to(memory_format=self.memory_format)
        return model.to(self.device)

    def autocast(self) -> AbstractContextManager[object]:
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)


def choose(device: str = "auto", precision: str = "auto") -> Execution:
    """Return the device and precision for two settings of an experiment, with `auto` resolved.

    `auto` is the first CUDA GPU or else the CPU; Apple's GPUs are used where they are named.

    Raises:
        InvalidSetting: this machine has no such device.
    """
    target = _device(device)
    if precision == "auto":
        precision = "bf16" if native_bf16(target) else "fp32"
    if target.type == "cuda":
        # The same seed gives the same weights only with deterministic algorithms, and fp32
        # means fp32: not TF32, which has fp16's ten bits.
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
    return Execution(target, precision)  # type: ignore[arg-type]  # Experiment checked it


def native_bf16(device: torch.device) -> bool:
    """Return whether the device has instructions for bf16, so that it is faster than fp32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= _BF16_CAPABILITY
    if device.type == "cpu":
        return _has_instructions("avx512_bf16") or _has_instructions("amx_tile")
    return False


def _has_instructions(name: str) -> bool:
    """Return whether the processor has them; False where this version of torch cannot tell."""
    supported = getattr(torch.cpu, f"_is_{name}_supported", None)
    return supported is not None and bool(supported())


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(name)
    if device.type == "cuda":
        count = torch.cuda.device_count()
        if not torch.cuda.is_available() or count == 0:
            raise InvalidSetting("device", "device.no_cuda")
        if (device.index or 0) >= count:
            raise InvalidSetting("device", "device.no_such_gpu", given=name, last=count - 1)
        return torch.device("cuda", device.index or 0)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise InvalidSetting("device", "device.no_mps")
    return device


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")  # platform.processor() is empty or "x86_64" on Linux
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


# From glibc's malloc.h: from which size arrays are mapped, and how much unused memory stays.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_MAX_THRESHOLD = 2**31 - 1


def keep_freed_memory() -> bool:
    """Ask glibc to keep freed memory for the process's next arrays; return whether it will.

    A training step frees and allocates the same large arrays again and again. By default the C
    library maps each of them separately, and the system fills it with zeros first: 9 % of a
    step of ResNet-20 in bf16, measured on two cores with batches of 128. Without glibc: nothing.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    return all(
        (libc.mallopt(_MMAP_THRESHOLD, 2**30), libc.mallopt(_TRIM_THRESHOLD, _MAX_THRESHOLD))
    )
