"""The choice of device and precision."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
import torch

from resnet_core.errors import InvalidSetting
from resnet_core.training import device

CPU = torch.device("cpu")


@pytest.mark.parametrize(("native", "expected"), [(True, "bf16"), (False, "fp32")])
def test_auto_takes_bf16_where_it_is_native(
    monkeypatch: pytest.MonkeyPatch, native: bool, expected: str
) -> None:
    monkeypatch.setattr(device, "native_bf16", lambda _: native)
    assert device.choose("cpu", "auto").precision == expected
    assert device.choose("cpu", "fp16").precision == "fp16"


def test_a_cpus_instructions_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert not device.native_bf16(CPU)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    assert device.native_bf16(CPU)
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported")
    assert not device.native_bf16(CPU)


@pytest.mark.parametrize(
    ("capability", "native"), [((7, 5), False), ((8, 0), True), ((9, 0), True)]
)
def test_a_gpus_generation_decides(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], native: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert device.native_bf16(torch.device("cuda", 0)) is native


def test_a_missing_device_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert device.choose("auto").device == CPU
    with pytest.raises(InvalidSetting, match=r"^device: this machine has no CUDA GPU"):
        device.choose("cuda")
    with pytest.raises(InvalidSetting, match=r"^device: this machine has no Apple GPU"):
        device.choose("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(InvalidSetting, match=r"^device: cuda:7 does not exist; the last is cuda:1"):
        device.choose("cuda:7")


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_layers_are_computed_as_asked_and_weights_stay_fp32(precision: str) -> None:
    execution = device.choose("cpu", precision)
    layer = execution.place(torch.nn.Conv2d(3, 4, 3))
    images = torch.zeros(2, 3, 8, 8, dtype=execution.dtype)
    with execution.autocast():
        result = layer(images)
    assert result.dtype == execution.dtype
    assert layer.weight.dtype == torch.float32
    assert layer.weight.is_contiguous(memory_format=execution.memory_format)


def test_the_hardware_has_a_name() -> None:
    assert device.choose("cpu").hardware
    assert device.choose("cpu").threads == 1


_MEASURE = """
import sys
from pathlib import Path
from resnet_core.training.device import keep_freed_memory
import torch

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if sys.argv[1] == "keep":
    assert keep_freed_memory()
x = torch.ones(64 * 2**20)  # 256 MB
held = resident()
del x
print(held - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
@pytest.mark.parametrize(("mode", "given_back"), [("keep", False), ("default", True)])
def test_freed_memory_stays_with_the_process(mode: str, given_back: bool) -> None:
    process = subprocess.run(
        [sys.executable, "-c", _MEASURE, mode], capture_output=True, text=True, check=True
    )
    assert (int(process.stdout) > 128 * 2**20) == given_back
