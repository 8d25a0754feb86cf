"""`import` as it is called from a shell."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from resnet_core.system import home as home_module
from tests.imported_networks import ANSWERS, saved, weights

SAID = [part for name, v in ANSWERS.items() for part in (f"--{name.replace('_', '-')}", v)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return saved(tmp_path / "net.th", weights())


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
    assert {way["normalization"] for way in listed.json["open"]} == {
        *("imagenet", "cifar", "per-pixel")
    }
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
