"""A run's settings, measurements and weights, in files that other programs read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from resnet_core.runs import queries, run_file
from resnet_core.runs.folder import RunFolder
from resnet_core.system import atomic_folder
from resnet_core.training.checkpoint.folder import WEIGHTS, newest_checkpoint

if TYPE_CHECKING:
    from resnet_core.runs.curves import Telemetry


def export(run_id: str, folder: Path) -> list[Path]:
    """Write a run into a new or empty folder; see `write`.

    Raises:
        RunNotFound: there is no such run.
        PlaygroundError: the folder holds something already, or cannot be written to.
    """
    with atomic_folder.filled(folder) as place:
        write(run_id, place)
    return sorted(folder.iterdir())


def write(run_id: str, folder: Path) -> None:
    """Write into this folder `config.json` (the experiment, and what `run.json` says); `metrics`,
    `layers` and `blocks` as Parquet and CSV, see `tables` for the columns; and
    `model.safetensors` where there are weights, with `imported.json` where they are from elsewhere.

    Raises:
        RunNotFound: there is no such run.
        OSError: the folder cannot be written to.
    """
    run = queries.run(run_id)
    source = queries.folder(run)
    found = queries.telemetry(run_id)
    weights = source.weights if source.weights.is_file() else _newest_weights(source)
    if run.imported:
        shutil.copyfile(source.imported, folder / source.imported.name)
    config = {"experiment": run.experiment.model_dump(), "run": run_file.to_dict(run)}
    (folder / "config.json").write_text(
        json.dumps(config, indent=2, ensure_ascii=False), encoding="utf-8"
    )
    for name, table in tables(found).items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
        table.to_csv(folder / f"{name}.csv", index=False)
    if weights is not None:
        shutil.copyfile(weights, folder / "model.safetensors")


def tables(found: Telemetry) -> dict[str, pd.DataFrame]:
    """The telemetry as tables.

    Returns:
        `metrics`: one row a measurement. `layers`: one row a measurement and 3x3 layer, with
        `response_std` and `gradient_norm`. `blocks`: one row a measurement and block, with
        `branch_ratio`.
    """
    iterations = found.frame["iteration"]
    return {
        "metrics": found.frame,
        "layers": pd.DataFrame(
            {
                "iteration": iterations.repeat(len(found.layers)).to_numpy(),
                "layer": list(found.layers) * len(iterations),
                "response_std": found.response_std.ravel(),
                "gradient_norm": found.gradient_norm.ravel(),
            }
        ),
        "blocks": pd.DataFrame(
            {
                "iteration": iterations.repeat(len(found.blocks)).to_numpy(),
                "block": list(found.blocks) * len(iterations),
                "branch_ratio": found.branch_ratio.ravel(),
            }
        ),
    }


def _newest_weights(source: RunFolder) -> Path | None:
    newest = newest_checkpoint(source.checkpoints, [WEIGHTS])
    return newest.path / WEIGHTS if newest else None
