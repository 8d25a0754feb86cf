"""This machine's hardware and its peak arithmetic."""

from __future__ import annotations

import functools
import os
import platform
import shutil
from dataclasses import dataclass
from datetime import date

import torch
from torch.nn import functional

from benchmarks.side_by_side import compare, table
from resnet_core.training import device


@dataclass(frozen=True)
class Peaks:
    """Measured on one core, operations a second.

    Attributes:
        gemm: of a large matrix product, by precision.
        convolution: of a 3x3 convolution of 64 channels at 32x32, batch 128, likewise.
    """

    gemm: dict[str, float]
    convolution: dict[str, float]

    def of(self, contender: str) -> float:
        """The convolution's peak in the precision that a contender's name ends with."""
        return self.convolution["bf16" if contender.endswith("bf16") else "fp32"]

    def section(self) -> str:
        rows = [
            (name, f"{self.gemm[name] / 1e9:.0f}", f"{self.convolution[name] / 1e9:.0f}")
            for name in self.gemm
        ]
        headings = ("precision", "GEMM 1024x1024x1024, GFLOP/s", "3x3 convolution, GFLOP/s")
        return f"## The most that one core computes\n\n{table(headings, rows)}\n"


@functools.cache
def peaks() -> Peaks:
    """Measured when first asked for."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        dtypes = {"fp32": torch.float32}
        if device.native_bf16(torch.device("cpu")):
            dtypes["bf16"] = torch.bfloat16
        return Peaks(
            {name: _gemm(dtype) for name, dtype in dtypes.items()},
            {name: _convolution(dtype) for name, dtype in dtypes.items()},
        )
    finally:
        torch.set_num_threads(threads)


def description(where: str = "cpu") -> str:
    """The processor or GPU, versions and date, a line."""
    execution = device.choose(where, "auto")
    return (
        f"{execution.hardware}, {os.cpu_count()} cores, {platform.system()}, Python "
        f"{platform.python_version()}, torch {torch.__version__}, {date.today()}."
    )


def compiler() -> bool:
    """Return whether there is a C++ compiler for torch.compile."""
    return any(shutil.which(name) for name in ("c++", "g++", "clang++", "cl"))


def _gemm(dtype: torch.dtype) -> float:
    a, b = (torch.randn(1024, 1024).to(dtype) for _ in range(2))
    comparison = compare({"product": lambda: a @ b}, rounds=9, warm_up=2)
    return 2 * 1024**3 / comparison.median("product")


def _convolution(dtype: torch.dtype) -> float:
    x = torch.randn(128, 64, 32, 32).to(dtype).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(64, 64, 3, 3).to(dtype).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        comparison = compare(
            {"convolution": lambda: functional.conv2d(x, weight, padding=1)}, rounds=5, warm_up=1
        )
    return 2 * 128 * 32 * 32 * 64 * 64 * 9 / comparison.median("convolution")
