"""The cost of a checkpoint for the training that waits for it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks import loops
from benchmarks.side_by_side import Comparison, compare, table
from resnet_core.system import environment
from resnet_core.training.checkpoint.files import save_checkpoint

NETWORKS = ("resnet-20", "resnet-56", "resnet-110")


def sections(quick: bool) -> Iterator[str]:
    for network in NETWORKS[: 1 if quick else None]:
        yield _section(network, _saved(network, rounds=1 if quick else 15))


def _saved(network: str, rounds: int) -> Comparison:
    session = loops.training_session(network, "fp32", loops.NEVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "checkpoint.pt"

        def written_over() -> None:
            parts = {
                "model": session.state.model.state_dict(),
                "momentum": session.state.optimizer.state_dict(),
            }
            torch.save(parts, file)

        return compare(
            {
                "torch.save over the last one": written_over,
                "this project's: complete, verified, atomic": lambda: save_checkpoint(
                    Path(folder) / "checkpoints", session.checkpoint()
                ),
            },
            rounds,
        )


def _section(network: str, comparison: Comparison) -> str:
    every = environment.read().checkpoint_seconds
    rows = [
        (
            name,
            f"{1000 * comparison.median(name):.0f}",
            f"{100 * comparison.median(name) / every:.2f} %",
        )
        for name in comparison.names
    ]
    headings = ("a checkpoint", "ms, median", f"of training, one every {every:g} s")
    return f"## {network}: a checkpoint\n\n{table(headings, rows)}\n"
