"""A live chart with many viewers: what one new record costs the server until all have it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from app.server.chart_answers import ChartRequest, Charts, Feed
from benchmarks.side_by_side import compare, table
from benchmarks.storage import measurement, started
from resnet_core.anatomy.describe import describe
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord
from resnet_core.system import home
from resnet_core.telemetry.stream import StreamWriter

VIEWERS = (1, 10, 30, 100)
RUN = "viewed-run"
LAYERS, BLOCKS = 55, 27  # 3x3 layers and blocks of the plain-56


def sections(quick: bool) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get(home.VARIABLE)
        os.environ[home.VARIABLE] = folder
        try:
            yield _section(1 if quick else 9)
        finally:
            os.environ.pop(home.VARIABLE)
            if before is not None:
                os.environ[home.VARIABLE] = before


def _section(rounds: int) -> str:
    request = ChartRequest(runs=(RUN,))
    feed = Feed()
    with _stream() as writer:
        number = iter(range(10**9))
        rows = []
        for viewers in VIEWERS:
            shared = Charts(feed)

            def together(charts: Charts = shared, n: int = viewers) -> None:
                _record(writer, next(number))
                for _ in range(n):
                    charts.now(request)

            def alone(n: int = viewers) -> None:
                _record(writer, next(number))
                for _ in range(n):
                    Charts(feed).now(request)

            comparison = compare({"alone": alone, "together": together}, rounds)
            rows.append(
                (
                    str(viewers),
                    f"{1000 * comparison.median('alone'):.1f}",
                    f"{1000 * comparison.median('together'):.1f}",
                    f"{comparison.faster('together'):.1f}",
                )
            )
    headings = (
        "viewers",
        "an answer built for each, ms",
        "built once for all (this project), ms",
        "times as fast",
    )
    title = "## One new record of a 56-layer run, until every viewer has it"
    return f"{title}\n\n{table(headings, rows)}\n"


@contextmanager
def _stream() -> Iterator[StreamWriter]:
    """The stream of a running plain-56 that has 300 records."""
    experiment = Experiment.create(network="cifar/plain-56", iterations=10_000)
    store.of_home().add(
        [
            RunRecord(
                id=RUN,
                experiment=experiment,
                state="running",
                created=time.time(),
                data_title="none",
            )
        ]
    )
    network = describe(experiment.network_spec())
    assert (len(network.layers_3x3), len(network.block_names)) == (LAYERS, BLOCKS)
    folder = of_run(RUN)
    folder.path.mkdir(parents=True, exist_ok=True)
    with StreamWriter(folder.stream, started(network.layers_3x3, network.block_names)) as writer:
        for number in range(300):
            _record(writer, number - 300)
        yield writer


def _record(writer: StreamWriter, iteration: int) -> None:
    layers, blocks = (np.full(size, 1.0, dtype=np.float32) for size in (LAYERS, BLOCKS))
    writer.append(measurement(iteration + 300, [layers, layers, blocks]))
