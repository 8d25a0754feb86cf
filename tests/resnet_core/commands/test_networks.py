from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch

from resnet_core.anatomy.describe import describe
from resnet_core.specs.names import spec_of
from resnet_core.training.cost.forward import forward_cost


@pytest.mark.parametrize(
    ("arguments", "parameters", "layers"),
    [
        (["cifar/resnet-20"], 269_722, 20),
        (["cifar/resnet-56", "--shortcut", "A"], 853_018, 56),
        (["cifar/resnet-56", "--shortcut", "B"], 855_770, 56),
        (["cifar/resnet-56", "--shortcut", "C"], 900_858, 56),
        (["cifar/plain-56"], 853_018, 56),
        (["cifar/resnet-1202"], 19_421_274, 1202),
    ],
)
def test_the_papers_counts(
    call: Callable, arguments: list[str], parameters: int, layers: int
) -> None:
    said = call("describe", *arguments, "--json")
    assert said.code == 0
    assert (said.json["parameters"], said.json["weighted_layers"]) == (parameters, layers)


def test_multiply_adds_and_settings(call: Callable) -> None:
    assert call("describe", "cifar/resnet-56", "--json").json["multiply_adds"] == 125_485_696
    small = call(
        "describe", "cifar/resnet-8", "--width", "1", "--image-size", "8", "--classes", "2",
        "--channels", "1", "--no-batch-norm", "--json",
    ).json  # fmt: skip
    assert small["spec"]["batch_norm"] is False
    assert small["spec"]["image_size"] == 8
    assert small["layers"][0]["in_channels"] == 1


@pytest.mark.parametrize(
    ("arguments", "parameters", "billions", "layers"),
    [
        (["imagenet/resnet-18"], 11_689_512, 1.8, 18),
        (["imagenet/resnet-50"], 25_557_032, 3.8, 50),
        (["imagenet/resnet-50", "--stride-in", "3x3"], 25_557_032, 4.1, 50),
        (["imagenet/vgg-19"], 143_667_240, 19.6, 19),
        (["imagenet/googlenet"], 6_624_904, 1.5, 22),
        (["imagenet/resnet-34", "--shortcut", "A", "--classes", "10"], 21_115_978, 3.6, 34),
    ],
)
def test_imagenets_networks(
    call: Callable, arguments: list[str], parameters: int, billions: float, layers: int
) -> None:
    said = call("describe", *arguments, "--json").json
    assert (said["parameters"], said["weighted_layers"]) == (parameters, layers)
    assert said["multiply_adds"] == pytest.approx(billions * 1e9, rel=0.03)
    assert sum(stage["multiply_adds"] for stage in said["stages"]) == said["multiply_adds"]
    assert said["layers"][0]["receptive_field"] == (3 if layers == 19 else 7)


def test_what_is_not_measured_is_said(call: Callable) -> None:
    assert "no |F(x)| / |x| to measure" in call("describe", "imagenet/vgg-16").out
    assert "to measure" not in call("describe", "imagenet/resnet-50").out


def test_for_people_it_is_a_table(call: Callable) -> None:
    said = call("describe", "cifar/resnet-56")
    assert "853,018" in said.out
    assert "y = ReLU(F(x) + x)" in said.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["cifar/resnet-21"], "network: depth 21 is not 6n + 2"),
        (["cifar/resnet-0"], "network: depth 0"),
        (["cifar/resnet--1"], "network: depth -1"),
        (["cifar/resnet-1000000000"], "network: depth 1000000000"),
        (["cifar/dense-20"], "network: there is no family 'dense'"),
        (["cifar/resnet-20", "--shortcut", "D"], "shortcut: 'D' is not known; choose 'A', 'B' or"),
        (["cifar/resnet-20", "--width", "0"], "width: 0 is too small; use at least 1"),
        (
            ["cifar/resnet-20", "--stride-in", "3x3"],
            "stride_in: cifar/resnet-20 has no bottlenecks",
        ),
        (["imagenet/resnet-50", "--width", "8"], "width: imagenet/resnet-50 has no such"),
        (["imagenet/resnet-50", "--no-batch-norm"], "batch_norm: imagenet/resnet-50 has no such"),
        (["imagenet/resnet-50", "--stride-in", "7x7"], "stride_in: '7x7' is not known; choose"),
        (["imagenet/resnet-51"], "network: there is no imagenet/resnet-51; did you mean"),
        (["imagenet/vgg-16", "--image-size", "x"], "image_size: 'x' is not a whole number"),
        (["imagenet/vgg-16", "--image-size", "8"], "image_size: 8 pixels are not from 32"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    call: Callable, arguments: list[str], sentence: str
) -> None:
    said = call("describe", *arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith(sentence)
    assert len(said.err.splitlines()) == 1


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
    assert "no bottlenecks" in call("forward", "cifar/resnet-20", "--stride-in", "3x3").err
