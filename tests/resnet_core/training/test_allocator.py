"""Freed memory stays with the process."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_MEASURE = """
import sys
from pathlib import Path
from resnet_core.training.allocator import keep_memory
import torch

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if sys.argv[1] == "keep":
    assert keep_memory()
x = torch.ones(64 * 2**20)  # 256 MB
held = resident()
del x
print(held - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
@pytest.mark.parametrize(("mode", "given_back"), [("keep", False), ("default", True)])
def test_large_arrays_are_given_back_by_default_only(mode: str, given_back: bool) -> None:
    said = subprocess.run(
        [sys.executable, "-c", _MEASURE, mode], capture_output=True, text=True, check=True
    )
    assert (int(said.stdout) > 128 * 2**20) == given_back
