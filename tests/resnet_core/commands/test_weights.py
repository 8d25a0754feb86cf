"""`evaluate --weights` as it is called from a shell."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from resnet_core.system import home as home_module
from resnet_core.weights import evaluation
from resnet_core.weights.normalization import NORMALIZATIONS
from tests.imported_networks import ANSWERS, saved
from tests.imported_networks import weights as imported_weights
from tests.resnet_core.weights.public_names import as_public, recorded

ALL_SAID = (
    *("--network", "cifar/resnet-20", "--shortcut", "A"),
    *("--option-a-padding", "end", "--normalization", "per-pixel"),
)


@pytest.fixture
def images(tmp_path: Path) -> str:
    random = np.random.default_rng(0)
    np.savez(
        tmp_path / "images.npz",
        images=random.integers(0, 256, (40, 16, 16, 3), np.uint8),
        labels=np.arange(40) % 10,
    )
    return str(tmp_path / "images.npz")


@pytest.fixture
def weights(tmp_path: Path) -> str:
    state = as_public(recorded("one-minute-resnet-20-seed-0"))
    torch.save({"state_dict": state}, tmp_path / "resnet20.th")
    return str(tmp_path / "resnet20.th")


def test_error_and_n(call: Callable, weights: str, images: str) -> None:
    said = call("evaluate", "--weights", weights, "--data", images, *ALL_SAID, "--json")
    assert said.code == 0
    assert said.json["n"] == 40
    assert said.json["error"] * 40 / 100 == pytest.approx(round(said.json["error"] * 40 / 100))
    assert said.json["network"] == "cifar/resnet-20"
    assert (said.json["shortcut"], said.json["option_a_padding"]) == ("A", "end")
    # Three networks: plain, and option A with zeros at the end or on both sides.
    assert len(said.json["sample"]["tried"]) == 3 * len(NORMALIZATIONS)
    assert said.json["warning"] in said.err  # random images: it can only guess
    assert "guessing" in said.json["warning"]


def test_for_people_it_is_a_line(call: Callable, weights: str, images: str) -> None:
    said = call("evaluate", "--weights", weights, "--data", images, *ALL_SAID)
    assert "resnet20.th as cifar/resnet-20, option A with zeros at the end, per-pixel" in said.out
    assert "(n = 40)" in said.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--weights", "W"], "data: name the images to test on"),
        (["--weights", "W", "--data", "D"], "network: the file does not say all; choose network"),
        (["--weights", "W", "--data", "nowhere"], "data: there is no data set and no file"),
        (["--weights", "nothing.pt", "--data", "D"], "The weights nothing.pt cannot be read"),
        (["--weights", "W", "--data", "D", "--network", "cifar/resnet-32"], "network: cifar/res"),
        (["some-run", "--weights", "W", "--data", "D"], "weights: give a run's ID or --weights"),
        (
            ["--weights", "W", "--data", "D", "--views", "single"],
            "views: cifar/plain-20 is tested",
        ),
        (["some-run", "--data", "D"], "data: give the ID of a run, or --weights FILE"),
        ([], "weights: give the ID of a run, or --weights FILE"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    call: Callable, weights: str, images: str, arguments: list[str], sentence: str
) -> None:
    named = {"W": weights, "D": images}
    said = call("evaluate", *(named.get(argument, argument) for argument in arguments))
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith(sentence)
    assert len(said.err.splitlines()) == 1


class Malice:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable, tuple[str]]:
        return os.system, (f"echo was here > {self.trace}",)


def test_bad_files_are_one_sentence(call: Callable, tmp_path: Path, images: str) -> None:
    state = recorded("one-minute-resnet-20-seed-0")
    broken = {**state, "fc.bias": torch.full((10,), float("nan"))}
    misshapen = {**state, "fc.weight": torch.zeros(10, 33)}
    torch.save({"a": Malice(tmp_path / "trace")}, tmp_path / "malice")
    safetensors.torch.save_file(broken, tmp_path / "nan")
    safetensors.torch.save_file(misshapen, tmp_path / "misshapen")
    (tmp_path / "cut").write_bytes((tmp_path / "nan").read_bytes()[:-100])
    (tmp_path / "header").write_bytes(b"\xff" * 8 + b"{" + bytes(50))
    for name, sentence in [
        ("malice", "not safe to read: it would call"),
        ("nan", "fc.bias has values that are not finite"),
        ("misshapen", "Its fc.weight has the shape 10 x 33"),
        ("cut", "damaged or cut short"),
        ("header", "no safetensors file: its header would be"),
    ]:
        path = str(tmp_path / name)
        said = call("evaluate", "--weights", path, "--data", images, *ALL_SAID, "--json")
        assert (said.code, said.out) == (2, ""), name
        assert sentence in said.err
        assert len(said.err.splitlines()) == 1
    assert not (tmp_path / "trace").exists()


def test_an_npz_can_be_divided_as_for_training(call: Callable, weights: str, images: str) -> None:
    """A run on these 40 images is tested on a tenth of them; the mean is of the others."""
    common = ("evaluate", "--weights", weights, "--data", images, *ALL_SAID, "--json")
    divided = call(*common, "--split", "test").json
    assert divided["n"] == 4
    assert divided["mean_of"] == "the training images"
    assert call(*common, "--test-images", "3", "--train-images", "20").json["n"] == 3
    refused = call(*common, "--split", "all", "--test-images", "3")
    assert refused.code == 2
    assert refused.err.startswith("split: all images of an npz are neither counted")


def test_precision_and_nonlinearity_change_what_is_computed(
    call: Callable, weights: str, images: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[torch.dtype, str]] = []
    real = evaluation.predicted

    def watched(model: torch.nn.Module, *rest: Any) -> torch.Tensor:
        execution = rest[2]
        seen.append((execution.dtype, type(model.activation).__name__))
        return real(model, *rest)

    monkeypatch.setattr(evaluation, "predicted", watched)
    common = ("evaluate", "--weights", weights, "--data", images, *ALL_SAID, "--json")
    said = call(*common, "--precision", "bf16", "--activation", "tanh")
    assert said.json["precision"] == "bf16"
    assert call(*common).json["precision"] == "fp32"
    assert seen == [(torch.bfloat16, "Tanh"), (torch.float32, "ReLU")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["one-minute-resnet-20-seed-0", "--views", "10-crop"],
            "views: cifar/resnet-20 is tested on the single view of each image (section 4.2)",
        ),
        (["x", "--views", "twenty"], "'twenty' is not one of 'single', '10-crop', 'multi-scale'"),
    ],
)
def test_only_networks_for_imagenet_look_in_several_ways(
    call: Callable, arguments: list[str], sentence: str
) -> None:
    said = call("evaluate", *arguments)
    assert said.code == 2
    assert sentence in said.err


SAID = [part for name, v in ANSWERS.items() for part in (f"--{name.replace('_', '-')}", v)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return saved(tmp_path / "net.th", imported_weights())


def test_it_says_what_it_took_it_for_and_its_error(
    call: Callable, shell: Callable, file: Path, small_data: Path
) -> None:
    said = call("import", str(file), "--data", str(small_data), *SAID, "--name", "mine")
    assert said.code == 0, said.err
    assert "net.th is imported as " in said.out
    assert "option A with zeros at the end, imagenet normalisation; on small its" in said.out
    assert "guessing" in said.err  # it was never trained
    (run,) = shell("runs", "list", "--json").json
    assert (run["title"], run["state"]) == ("mine", "imported")
    assert "0 / 64000" not in shell("runs", "list").out
    shown = shell("runs", "show", run["id"])
    assert "net.th" in shown.out
    assert "weight_decay" not in shown.out  # nobody knows
    assert shell("runs", "show", run["id"], "--json").json["imported"]["images"] == 80
    again = shell("evaluate", run["id"])
    assert again.code == 0
    assert "iterations" not in again.out


def test_what_is_open_is_said_and_listed(call: Callable, file: Path, small_data: Path) -> None:
    said = call("import", str(file), "--data", str(small_data))
    assert said.code == 2
    assert "the file does not say all; choose network (cifar/plain-8, cifar/resnet-8)" in said.err
    listed = call("import", str(file), "--data", str(small_data), "--json")
    assert listed.code == 2
    assert {way["normalization"] for way in listed.json["open"]} == set(NORMALIZATIONS)
    assert {way["n"] for way in listed.json["open"]} == {80}


def test_it_reads_standard_input_and_leaves_nothing_of_it(
    call: Callable, file: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["import", "-", "--file-name", "from-a-friend.th", "--data", str(small_data), *SAID]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(file.read_bytes())))
    said = call(*arguments, "--progress", "--json")
    lines = said.out.splitlines()
    steps = [json.loads(line) for line in lines if line.startswith('{"done"')]
    assert steps[-1]["done"] == steps[-1]["total"] > 0
    found = json.loads("\n".join(lines[len(steps) :]))
    assert (found["file"], found["n"]) == ("from-a-friend.th", 80)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"no weights at all")))
    refused = call(*arguments, "--json")
    assert refused.code == 2
    assert refused.json["error"].startswith("from-a-friend.th is no safetensors file")
    assert not list(home_module.imports_folder().iterdir())
