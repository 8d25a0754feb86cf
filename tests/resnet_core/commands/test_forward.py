"""What one image costs: measured, plausible beside the arithmetic, and refused in a sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import torch

from resnet_core.anatomy.describe import describe
from resnet_core.specs.names import spec_of
from resnet_core.training.cost.forward import forward_cost


def test_a_small_network_is_measured(call: Callable) -> None:
    said = call("forward", "cifar/resnet-20", "--image-size", "16", "--device", "cpu", "--json")
    assert said.code == 0
    assert said.json["seconds"] > 0
    assert said.json["passes"] >= 1
    assert said.json["threads"] == torch.get_num_threads() == 1
    assert said.json["device"] == "cpu"
    assert said.json["hardware"]


def test_more_work_takes_longer() -> None:
    small, large = (spec_of(f"cifar/resnet-{depth}") for depth in (8, 110))
    assert describe(large).multiply_adds > 20 * describe(small).multiply_adds
    assert forward_cost(large, "cpu").seconds > 2 * forward_cost(small, "cpu").seconds


_IN_A_NEW_PROCESS = """
import torch
from resnet_core.specs.names import spec_of
from resnet_core.training.cost.forward import forward_cost
torch.set_num_threads(1)
print(forward_cost(spec_of("cifar/plain-8", width=256), "cpu").peak_bytes)
"""


def test_the_peak_holds_the_weights() -> None:
    """As the command measures it: in a process that has computed nothing before, for memory
    that other tests have used, or give back meanwhile, would hide some of it."""
    weights = 4 * describe(spec_of("cifar/plain-8", width=256)).parameters
    assert weights > 60e6
    command = [sys.executable, "-c", _IN_A_NEW_PROCESS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert weights < int(done.stdout) < 4 * weights


def test_an_unknown_network_or_setting_is_a_sentence(call: Callable) -> None:
    said = call("forward", "imagenet/resnet-51")
    assert said.code == 2
    assert "resnet-50" in said.err
    assert "no such setting" in call("forward", "cifar/resnet-20", "--stride-in", "3x3").err
