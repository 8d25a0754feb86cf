"""Response standard deviations of recorded networks, layer by layer, as numbers (Fig. 7)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from app.page_data import puzzle
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord

COLUMNS = (
    *("set", "network", "seed", "number", "layer"),
    *("training_std", "evaluation_std", "images"),
)


def response_table(runs: Sequence[RunRecord]) -> pd.DataFrame:
    """Return a row a layer of every run whose responses were measured, in the columns `COLUMNS`.

    `number` counts the 3x3 layers from 1, input first.
    """
    tables = []
    for run in runs:
        path = queries.folder(run).responses
        if path.is_file():
            layers = _read(path, path.stat().st_mtime_ns)
            name = run.experiment.network.removeprefix("cifar/")
            facts = {"set": run.group, "network": name, "seed": run.experiment.seed}
            tables.append(layers.assign(**facts, number=range(1, len(layers) + 1)))
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a set and network: median over the layers in each mode, mean over the seeds.

    A median, because a plain network's few largest responses decide a mean.
    """
    each = table.groupby(["set", "network", "seed"])[["training_std", "evaluation_std"]].median()
    grouped = each.groupby(["set", "network"])
    result = grouped.mean()
    result["seeds"] = grouped.size()
    order = {name: place for place, name in enumerate(puzzle.GROUPS)}
    ordered = result.reset_index()
    places = ordered["set"].map(lambda name: order.get(name, len(order)))
    return ordered.assign(place=places).sort_values(["place", "network"]).drop(columns="place")


@lru_cache(maxsize=64)
def _read(path: Path, modified: int) -> pd.DataFrame:
    return pd.read_csv(path)
