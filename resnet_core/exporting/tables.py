"""A run's settings, measurements and weights as tables and JSON."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from resnet_core.errors import WrongState
from resnet_core.runs import queries
from resnet_core.runs.folder import to_dict
from resnet_core.training.checkpoint.folder import WEIGHTS

if TYPE_CHECKING:
    from resnet_core.runs.curves import Telemetry


def write(run_id: str, folder: Path) -> None:
    """Write into this folder `config.json` (the experiment, and what `run.json` says); `metrics`,
    `layers` and `blocks` as Parquet and CSV, see `tables` for the columns; and
    `model.safetensors` where there are verified weights, with `imported.json` of an import.

    Raises:
        RunNotFound: there is no such run.
        OSError: the folder cannot be written to.
    """
    run = queries.run(run_id)
    source = queries.folder(run)
    telemetry = queries.telemetry(run_id)
    if run.imported:
        shutil.copyfile(source.imported, folder / source.imported.name)
    config = {"experiment": run.experiment.model_dump(), "run": to_dict(run)}
    (folder / "config.json").write_text(
        json.dumps(config, indent=2, ensure_ascii=False), encoding="utf-8"
    )
    for name, table in tables(telemetry).items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
        table.to_csv(folder / f"{name}.csv", index=False)
    with suppress(WrongState):  # there are none
        shutil.copyfile(queries.weights(run).path, folder / WEIGHTS)


def tables(telemetry: Telemetry) -> dict[str, pd.DataFrame]:
    """Return the telemetry as tables.

    Returns:
        `metrics`: one row a measurement. `layers`: one row a measurement and 3x3 layer, with
        `response_std` and `gradient_norm`. `blocks`: one row a measurement and block, with
        `branch_ratio`.
    """
    iterations = telemetry.frame["iteration"]
    return {
        "metrics": telemetry.frame,
        "layers": pd.DataFrame(
            {
                "iteration": iterations.repeat(len(telemetry.layers)).to_numpy(),
                "layer": list(telemetry.layers) * len(iterations),
                "response_std": telemetry.response_std.ravel(),
                "gradient_norm": telemetry.gradient_norm.ravel(),
            }
        ),
        "blocks": pd.DataFrame(
            {
                "iteration": iterations.repeat(len(telemetry.blocks)).to_numpy(),
                "block": list(telemetry.blocks) * len(iterations),
                "branch_ratio": telemetry.branch_ratio.ravel(),
            }
        ),
    }
