"""The grid's runs, its two measures, and verdicts for grids of every sort."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn import functional

from resnet_core.errors import InvalidSetting
from resnet_core.labs.events import Progress, Rows, Verdict
from resnet_core.labs.sweep import run as sweep
from resnet_core.labs.sweep.question import QUESTION, Settings
from resnet_core.labs.sweep.verdicts import Cell, outcome, vanished, verdicts
from resnet_core.labs.tools import short_runs, trained_network
from resnet_core.labs.tools.short_runs import FinalErrors
from resnet_core.telemetry.events import Measurement
from resnet_core.training.session import Session
from tests.children import Children

SMALL = Settings(
    depth=14,
    activations=("relu", "sigmoid"),
    initializations=("he",),
    iterations=20,
    train_images=64,
)


@pytest.fixture(scope="module", autouse=True)
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESIDUAL_PLAYGROUND_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def events(shapes: None) -> list[Any]:
    return list(sweep.run(SMALL))


def test_every_cell_has_one_row_with_all_its_columns(events: list[Any]) -> None:
    rows = {name: [] for name in QUESTION.tables}  # type: dict[str, list[Any]]
    for event in events:
        if isinstance(event, Rows):
            assert all(set(row) == set(QUESTION.tables[event.table]) for row in event.rows)
            rows[event.table].extend(event.rows)
    kinds = {(row["activation"], row["batch_norm"]) for row in rows["cells"]}
    assert len(rows["cells"]) == len(kinds) == 4
    assert {row["depth"] for row in rows["curves"]} == {8, 14}
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.steps == last.total == 4 * (8 + 14) * 20
    assert all(QUESTION.sentence(event) for event in events if isinstance(event, Verdict))


def test_a_sigmoid_without_bn_vanishes_and_a_relu_with_bn_does_not(events: list[Any]) -> None:
    cells = [row for e in events if isinstance(e, Rows) and e.table == "cells" for row in e.rows]
    gone = {
        (row["activation"], row["batch_norm"]): vanished(row["first"], row["last"]) for row in cells
    }
    assert gone["sigmoid", False]
    assert not gone["relu", True]


def test_the_measured_gradients_are_autograds() -> None:
    experiment = sweep.experiment(SMALL, ("tanh", False, "xavier"), 8)
    first = next(iter(short_runs.train(experiment)))
    assert isinstance(first, Measurement)
    session = Session(experiment, trained_network.dataset_of(experiment))
    images, labels = session.state.batches.next()
    functional.cross_entropy(session.state.model(images), labels).backward()
    layers = [m for m in session.state.model.modules() if isinstance(m, torch.nn.Conv2d)]
    for place in (0, -1):
        gradient = layers[place].weight.grad
        assert gradient is not None
        assert first.gradient_norm[place] == pytest.approx(float(gradient.norm()), rel=1e-4)


def test_closing_the_laboratory_ends_its_runs(children: Children) -> None:
    running = sweep.run(SMALL.model_copy(update={"iterations": 2000}))
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert not children.alive()


def test_depths_are_those_that_there_are() -> None:
    with pytest.raises(InvalidSetting, match="such as 20"):
        Settings(depth=21)
    with pytest.raises(InvalidSetting):
        sweep.experiment(SMALL.model_copy(update={"depth": 21}), ("relu", True, "he"), 21)


@pytest.mark.parametrize(
    ("error", "shallow", "gone", "expected"),
    [
        (70.0, 35.0, False, "degraded"),
        (90.0, 90.0, True, "vanishing"),
        (90.0, 30.0, True, "vanishing"),
        (90.0, 88.0, False, "stuck"),
        (40.0, 35.0, False, "trains"),
        (40.0, 35.0, True, "trains"),  # it learns, whatever its gradient
    ],
)
def test_outcomes(error: float, shallow: float, gone: bool, expected: str) -> None:
    deep, other = (FinalErrors(e, e, diverged=False) for e in (error, shallow))
    assert outcome(deep, other, gone) == expected


def test_a_network_that_diverged_is_named_and_has_the_error_of_guessing() -> None:
    diverged = FinalErrors(90.0, 90.0, diverged=True)
    fine = FinalErrors(35.0, 35.0, diverged=False)
    assert outcome(diverged, fine, gone=False) == "diverged"
    assert outcome(FinalErrors(60.0, 60.0, diverged=False), diverged, gone=False) == "trains"
    last = list(verdicts([FINE, replace(FINE, error=90.0, outcome="diverged")], 20))[-1]
    assert (last.finding, last.values["error"]) == ("diverged", 90.0)
    assert "ReLU, BN, He" in QUESTION.sentence(last)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [(0.4, 0.5, False), (1e-4, 0.5, True), (1e-12, 1e-12, True), (0.0, 0.0, True)],
)
def test_vanished(first: float, last: float, expected: bool) -> None:
    assert vanished(first, last) is expected


HEALTHY = Cell("relu", True, "he", "plain", 20, 70.0, 30.0, 0.4, 0.5, False, "degraded")
VANISHED = Cell("sigmoid", False, "he", "plain", 20, 90.0, 90.0, 1e-12, 0.5, True, "vanishing")
FINE = replace(HEALTHY, error=31.0, outcome="trains")


def findings(cells: list[Cell]) -> list[str]:
    conclusions = list(verdicts(cells, 20))
    assert all(QUESTION.sentence(verdict) for verdict in conclusions)
    return [verdict.finding for verdict in conclusions]


def test_verdicts_follow_the_cells_both_ways() -> None:
    assert findings([HEALTHY, VANISHED]) == ["separate", "bn_cures"]
    assert findings([FINE, VANISHED]) == ["only_vanishing", "bn_cures"]
    assert findings([HEALTHY, FINE]) == ["only_degraded"]
    assert findings([FINE]) == ["neither"]
    relu = replace(FINE, batch_norm=False)
    assert findings([FINE, relu, VANISHED])[1] == "sigmoid_alone"
    relu = replace(VANISHED, activation="relu")
    assert findings([relu, VANISHED])[1] == "sigmoid_not_worse"
    assert findings([relu, VANISHED, replace(VANISHED, initialization="xavier")])[1] == (
        "sigmoid_more"
    )
    normed = replace(VANISHED, batch_norm=True)
    assert findings([VANISHED, normed])[-1] == "bn_no_help"
    assert findings([VANISHED, replace(VANISHED, initialization="xavier"), normed])[-1] == (
        "bn_helps"
    )


def test_a_gradient_that_is_nought_everywhere_has_no_share() -> None:
    dead = replace(VANISHED, first=0.0, last=0.0)
    assert dead.ratio is None
    assert "0e+00" in QUESTION.sentence(next(verdicts([dead], 20)))
    assert math.isclose(HEALTHY.ratio or 0, 0.8)


def test_a_cell_is_named_as_people_write_its_settings() -> None:
    assert HEALTHY.title == "ReLU, BN, He"
    assert VANISHED.title == "sigmoid, no BN, He"
    cell = replace(HEALTHY, activation="leaky_relu", initialization="small_normal")
    assert cell.title == "leaky ReLU, BN, σ 0.01"
