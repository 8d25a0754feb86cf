"""A run's files for other programs."""

from __future__ import annotations

from pathlib import Path

import torch

from resnet_core.exporting.export import export
from resnet_core.runs.folder import of_run
from resnet_core.training.checkpoint.files import Checkpoint, save_checkpoint
from tests.resnet_core.runs.test_recording import finished


def test_weights_that_do_not_match_their_manifest_are_not_exported(
    home: Path, tmp_path: Path
) -> None:
    run = finished(rows=3)
    folder = of_run(run.id).checkpoints
    for iteration in (10, 20):
        weights = {"fc.weight": torch.full((2, 2), float(iteration))}
        save_checkpoint(folder, Checkpoint(iteration, weights, {}))
    damaged = folder / "iteration-00000020" / "model.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\x01")
    export(run.id, tmp_path / "exported")
    whole = folder / "iteration-00000010" / "model.safetensors"
    assert (tmp_path / "exported" / "model.safetensors").read_bytes() == whole.read_bytes()
