"""Runs of 64k iterations and 110 layers: what is drawn and sent is bounded by pixels."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.figures.errors import MOST_POINTS
from app.page_state.view import View
from app.server.answers import Answer
from app.server.chart_answers import MOST_MOMENTS, ChartRequest, Charts, Reading
from resnet_core.anatomy.describe import describe
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs.curves import Telemetry
from resnet_core.runs.record import RunRecord

IDS = ("plain-110", "resnet-110", "preresnet-110", "highway-110")
LAYERS = 109
# Two pixels each: three panels share a page of 1,480.
MOST_COLUMNS = 160
SPIKE = 4321  # a record that stands out by itself


class LongRuns:
    """In the place of a `Feed`: four runs that measured noise, which nothing can shorten."""

    def __init__(self, records: int) -> None:
        self._records = [
            RunRecord(
                id=run_id,
                experiment=Experiment.create(network=f"cifar/{run_id}", iterations=64_000),
                state="finished",
                created=time.time(),
            )
            for run_id in IDS
        ]
        self._readings = {record.id: _noise(record, records) for record in self._records}

    def records(self, ids: Sequence[str]) -> tuple[list[RunRecord], list[str]]:
        return [record for record in self._records if record.id in ids], []

    def read(self, record: RunRecord) -> Reading:
        return self._readings[record.id]


def _noise(record: RunRecord, length: int) -> Reading:
    random = np.random.default_rng(0)
    blocks = describe(record.experiment.network_spec()).block_names
    iterations = np.linspace(0, 64_000, length).astype(int)
    errors = random.uniform(20, 30, length)
    errors[min(SPIKE, length // 2)] = 66.0
    times = {"iteration": iterations, "epoch": iterations / 391, "seconds": iterations / 100}
    frame = pd.DataFrame(
        {**times, "running_error": errors, "train_error": errors, "test_error": errors}
    )
    values = random.random((length, LAYERS), dtype=np.float32)
    names = tuple(f"layer{number}" for number in range(LAYERS))
    ratios = np.ones((length, len(blocks)), np.float32)
    return Reading(Telemetry(frame, names, blocks, values, values, ratios), (0, length))


@pytest.fixture(scope="module")
def charts() -> Charts:
    return Charts(LongRuns(6401))  # type: ignore[arg-type]


def _ask(charts: Charts, kind: str, **view: Any) -> Answer:
    answer: Answer = getattr(charts, kind)(ChartRequest(runs=IDS, view=View(**view)))
    return answer


def _zipped(answer: Answer) -> int:
    return len(answer.zipped or answer.body)


@pytest.mark.parametrize(
    ("kind", "view", "kilobytes"),
    [("now", {}, 40), ("history", {}, 400), ("now", {"heat": True}, 400)],
)
def test_what_is_sent_is_bounded_however_long_a_run_was(
    charts: Charts, kind: str, view: dict[str, Any], kilobytes: int
) -> None:
    long = _zipped(_ask(charts, kind, **view))
    assert long < 1000 * kilobytes
    shorter = _zipped(_ask(Charts(LongRuns(641)), kind, **view))  # type: ignore[arg-type]
    assert long < 1.2 * shorter


def test_curves_have_points_for_pixels_and_keep_what_stands_out(charts: Charts) -> None:
    traces = json.loads(_ask(charts, "now").body)["figures"]["error"]["data"]
    assert len(traces) == 2 * len(IDS)
    for trace in traces:
        assert len(trace["x"]) == len(trace["y"]) <= MOST_POINTS
        assert max(trace["y"]) == 66.0
        assert trace["x"][0] == 0
        assert trace["x"][-1] == 64_000


def test_the_past_has_moments_for_the_scrubber(charts: Charts) -> None:
    for one in json.loads(_ask(charts, "history").body)["series"].values():
        assert len(one["time"]) <= MOST_MOMENTS
        assert len(one["response"]["mean"]) == len(one["time"])
        assert {len(row) for row in one["response"]["mean"]} == {LAYERS}


def test_maps_have_columns_for_pixels(charts: Charts) -> None:
    figures = json.loads(_ask(charts, "now", heat=True).body)["figures"]
    for trace in figures["response"]["data"]:
        assert trace["z"]["shape"] == f"{LAYERS}, {len(trace['x'])}"
        assert len(trace["x"]) <= MOST_COLUMNS
        packed = np.frombuffer(base64.b64decode(trace["z"]["bdata"]), trace["z"]["dtype"])
        assert np.isfinite(packed).all()
