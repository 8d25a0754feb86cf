"""Checkpoints: whole or absent, verified, the one before kept."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor

from resnet_core.errors import CheckpointError, PlaygroundError
from resnet_core.runs.folder import RunFolder
from resnet_core.training.checkpoint import files
from resnet_core.training.checkpoint.files import (
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
    weights_sha256,
)
from resnet_core.training.checkpoint.folder import WEIGHTS, checkpoint_at, newest_checkpoint


def example(iteration: int, seed: int | None = None) -> Checkpoint:
    generator = torch.Generator().manual_seed(iteration if seed is None else seed)
    weights = {
        "conv1.weight": torch.randn(4, 3, 3, 3, generator=generator),
        "bn1.num_batches_tracked": torch.tensor(iteration),
    }
    training = {
        "generator": generator.get_state(),
        "seconds": 1.5,
        "velocity": {"a": torch.ones(2)},
    }
    return Checkpoint(iteration, weights, training)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    saved = example(1234)
    path = save_checkpoint(tmp_path / "checkpoints", saved)
    assert path.name == "iteration-00001234"
    assert names(path) == ["manifest.json", "model.safetensors", "training.pt"]
    loaded = load_checkpoint(path)
    assert loaded.iteration == 1234
    assert weights_sha256(loaded.weights) == weights_sha256(saved.weights)
    assert torch.equal(loaded.training["generator"], saved.training["generator"])
    assert loaded.training["seconds"] == 1.5
    assert safetensors.torch.load_file(path / "model.safetensors").keys() == saved.weights.keys()


def test_the_one_before_is_kept_and_marked_ones_stay(tmp_path: Path) -> None:
    for iteration, kept in ((10, False), (20, True), (30, False), (40, False), (50, False)):
        save_checkpoint(tmp_path, example(iteration), kept=kept)
    assert names(tmp_path) == [
        "iteration-00000020-kept",
        "iteration-00000040",
        "iteration-00000050",
    ]
    run = RunFolder(tmp_path.parent)
    assert checkpoint_at(tmp_path, 20).name in names(tmp_path)
    assert run.checkpoints.name == "checkpoints"


def test_the_names_are_the_run_folders(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    save_checkpoint(run.checkpoints, example(0))
    save_checkpoint(run.checkpoints, example(7), kept=True)
    assert run.kept_iterations() == [0, 7]


def test_saving_the_same_iteration_again(tmp_path: Path) -> None:
    first = save_checkpoint(tmp_path, example(10))
    before = first.stat().st_ino
    assert save_checkpoint(tmp_path, example(10)).stat().st_ino == before  # it was not touched
    kept = save_checkpoint(tmp_path, example(10), kept=True)
    assert names(tmp_path) == ["iteration-00000010-kept"]
    assert save_checkpoint(tmp_path, example(10)) == kept
    other = save_checkpoint(tmp_path, example(10, seed=1))
    assert names(tmp_path) == [other.name]
    assert weights_sha256(load_checkpoint(other).weights) == weights_sha256(
        example(10, seed=1).weights
    )


def test_one_that_is_damaged_is_replaced(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, example(10))
    (path / "model.safetensors").write_bytes(b"")
    save_checkpoint(tmp_path, example(10))
    assert load_checkpoint(path).iteration == 10
    assert names(tmp_path) == [path.name]


def test_later_ones_go_when_a_run_went_back(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, example(10))
    save_checkpoint(tmp_path, example(20))
    save_checkpoint(tmp_path, example(15))
    assert names(tmp_path) == ["iteration-00000010", "iteration-00000015"]


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("name", ["model.safetensors", "training.pt", "manifest.json"])
@pytest.mark.parametrize("damage", [_truncate, _empty, _flip, _remove])
def test_a_damaged_one_gives_way_to_the_one_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, damage: Callable[[Path], None]
) -> None:
    save_checkpoint(tmp_path, example(10))
    path = save_checkpoint(tmp_path, example(20))
    assert newest_checkpoint(tmp_path).path == path
    damage(path / name)
    with pytest.raises(CheckpointError, match="iteration-00000020 is damaged"):
        load_checkpoint(path)
    with caplog.at_level(logging.WARNING):
        found = newest_checkpoint(tmp_path)
    assert found is not None
    assert found.path.name == "iteration-00000010"
    assert "iteration-00000020 is damaged" in caplog.text
    assert "The one before it is used" in caplog.text


def test_every_bit_counts(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, example(20))
    for file in sorted(path.iterdir()):
        whole = file.read_bytes()
        for position in range(0, len(whole), 37):
            damaged = bytearray(whole)
            damaged[position] ^= 0x10
            file.write_bytes(damaged)
            if file.name == "manifest.json":
                with suppress(CheckpointError):  # a blank may change without harm
                    assert load_checkpoint(path).iteration == 20
            else:
                with pytest.raises(CheckpointError):
                    load_checkpoint(path)
        file.write_bytes(whole)
    assert load_checkpoint(path).iteration == 20


def test_none_and_nothing_whole(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path / "none") is None
    path = save_checkpoint(tmp_path, example(20))
    _flip(path / "training.pt")
    assert newest_checkpoint(tmp_path) is None
    weights_only = newest_checkpoint(tmp_path, [WEIGHTS])
    assert weights_only is not None
    assert weights_only.path == path


@pytest.mark.parametrize("manifest", [b"[]", b"\xff\xfe", b'{"sha256": 3}', b'{"format": 1}'])
def test_a_manifest_of_another_kind(tmp_path: Path, manifest: bytes) -> None:
    path = save_checkpoint(tmp_path, example(20))
    (path / "manifest.json").write_bytes(manifest)
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


def test_a_renamed_folder_is_not_another_iteration(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, example(20))
    moved = path.rename(path.with_name("iteration-00000030"))
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(moved)


def test_nothing_is_executed_on_reading(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, example(20))
    torch.save({"code": os.system}, path / "training.pt")
    manifest = json.loads((path / "manifest.json").read_text())
    content = (path / "training.pt").read_bytes()
    manifest["sha256"]["training.pt"] = hashlib.sha256(content).hexdigest()
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(path)


def test_the_nearest_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nor any other"):
        checkpoint_at(tmp_path, 5)
    save_checkpoint(tmp_path, example(10), kept=True)
    save_checkpoint(tmp_path, example(20), kept=True)
    with pytest.raises(CheckpointError, match="the nearest is of 20"):
        checkpoint_at(tmp_path, 17)


@pytest.mark.parametrize("written", range(4))
def test_killed_while_saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int) -> None:
    """After 0 to 3 of the files: the new one is not there, the old one is as it was."""
    save_checkpoint(tmp_path, example(10))

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    count = 0
    write = files.write_synced

    def write_some(path: Path, content: bytes) -> None:
        nonlocal count
        if count == written:
            killed()
        count += 1
        write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(files, "write_synced", write_some)
        patched.setattr(files, "replace", killed)
        patched.setattr(files.shutil, "rmtree", lambda *_, **__: None)  # no tidying up
        with pytest.raises(Killed):
            save_checkpoint(tmp_path, example(20))
    found = newest_checkpoint(tmp_path)
    assert found is not None
    assert load_checkpoint(found.path).iteration == 10
    save_checkpoint(tmp_path, example(20))
    assert names(tmp_path) == ["iteration-00000010", "iteration-00000020"]


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, example(10))

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "write_synced", full)
    with pytest.raises(PlaygroundError, match="disk is full"):
        save_checkpoint(tmp_path, example(20))
    assert names(tmp_path) == ["iteration-00000010"]


def _weights() -> dict[str, Tensor]:
    return {"b": torch.arange(6.0).reshape(1, 2, 3, 1), "a": torch.tensor(3)}


def test_the_digest_is_of_names_types_shapes_and_bytes() -> None:
    digest = weights_sha256(_weights())
    reordered = dict(reversed(_weights().items()))
    assert weights_sha256(reordered) == digest
    laid_out = {
        k: v.to(memory_format=torch.channels_last) if v.dim() == 4 else v
        for k, v in reordered.items()
    }
    assert weights_sha256(laid_out) == digest
    others = [
        {**_weights(), "b": _weights()["b"].reshape(1, 3, 2, 1)},
        {**_weights(), "b": _weights()["b"].double()},
        {**_weights(), "b": _weights()["b"] + 1e-6},
        {**_weights(), "a": torch.tensor(3, dtype=torch.int32)},
        {"c": _weights()["b"], "a": _weights()["a"]},
        {"b": _weights()["b"]},
    ]
    assert len({digest, *(weights_sha256(other) for other in others)}) == 7
    assert weights_sha256({**_weights(), "z": torch.tensor(-0.0)}) != weights_sha256(
        {**_weights(), "z": torch.tensor(0.0)}
    )
    assert weights_sha256({"e": torch.empty(0)}) != weights_sha256({})
    assert weights_sha256({"h": torch.ones(3, dtype=torch.bfloat16)})


def test_the_digest_is_a_known_one() -> None:
    """Written out by hand, so that the recipe cannot change unnoticed."""
    expected = hashlib.sha256(b"a torch.int64 ()\n" + (3).to_bytes(8, "little"))
    expected.update(b"w torch.float32 (2,)\n" + bytes.fromhex("0000803f00000040"))
    weights = {"w": torch.tensor([1.0, 2.0]), "a": torch.tensor(3)}
    assert weights_sha256(weights) == expected.hexdigest()
