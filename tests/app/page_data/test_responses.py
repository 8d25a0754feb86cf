"""Fig. 7 as numbers, from what lies beside the runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.page_data.responses import COLUMNS, response_table, summary
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from tests.app.runs_on_record import put_on_record


def _measured(name: str, network: str, seed: int, *values: float) -> RunRecord:
    run = put_on_record(name, network, seed=seed, measured=False, fields={"group": "one-minute"})
    lines = [f"conv{place},{value},{value / 2},100" for place, value in enumerate(values)]
    folder = queries.folder(run)
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.responses.write_text("\n".join(["layer,training_std,evaluation_std,images", *lines]))
    return run


def test_every_layer_of_every_measured_run_is_a_row(home: Path) -> None:
    runs = [
        _measured("run-1", "cifar/plain-20", 3, 1.0, 2.0),
        put_on_record("run-9", measured=False),
    ]
    table = response_table(runs)
    assert list(table.columns) == list(COLUMNS)
    assert table["number"].tolist() == [1, 2]
    assert table["layer"].tolist() == ["conv0", "conv1"]
    assert set(table["network"]) == {"plain-20"}
    assert set(table["seed"]) == {3}


def test_a_network_is_summed_up_by_its_median_and_its_seeds_by_their_mean(home: Path) -> None:
    runs = [
        _measured("run-1", "cifar/plain-20", 0, 1.0, 2.0, 90.0),
        _measured("run-2", "cifar/plain-20", 1, 3.0, 4.0, 5.0),
    ]
    (row,) = summary(response_table(runs)).itertuples()
    assert row.training_std == pytest.approx(3.0)
    assert row.evaluation_std == pytest.approx(1.5)
    assert row.seeds == 2


def test_without_measurements_the_table_is_empty(home: Path) -> None:
    assert response_table([put_on_record("run-9", measured=False)]).empty
