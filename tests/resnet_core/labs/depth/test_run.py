"""Errors by depth against a direct count; rulings for both kinds of too deep."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.depth import run as depth
from resnet_core.labs.depth import verdicts as depth_verdicts
from resnet_core.labs.depth.question import DEPTHS, QUESTION, Settings
from resnet_core.labs.depth.verdicts import Ends
from resnet_core.labs.events import Progress, Rows, Verdict
from resnet_core.labs.tools.intervals import between_networks
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.catalog import build
from resnet_core.paper.cifar import TEST_ERROR
from tests.children import Children

SMALL = Settings(deepest=14, iterations=30, train_images=64, images=50, data="shapes")


@pytest.fixture(scope="module", autouse=True)
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESIDUAL_PLAYGROUND_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def subject(layers: int) -> TrainedNetwork:
    experiment = Experiment.create(network=f"cifar/resnet-{layers}", width=4, image_size=8)
    weights = build(experiment.network_spec(8), 0).state_dict()
    return TrainedNetwork(
        f"run-{layers}", f"resnet-{layers}", "resnet", layers, experiment, weights
    )


@pytest.fixture(scope="module")
def events(shapes: None) -> list[Any]:
    return list(depth.run(SMALL, [subject(8), subject(14)]))


def test_every_depth_is_measured_and_has_a_sentence(events: list[Any]) -> None:
    rows: dict[str, list[Any]] = {name: [] for name in QUESTION.tables}
    for event in events:
        if isinstance(event, Rows):
            assert all(set(row) == set(QUESTION.tables[event.table]) for row in event.rows)
            rows[event.table].extend(event.rows)
    assert {row["depth"] for row in rows["errors"] if row["source"] == "live"} == {8, 14}
    ends = [row for row in rows["curves"] if row["test"] is not None]
    assert {(row["depth"], row["iteration"]) for row in ends} >= {(8, 30), (14, 30)}
    live = [row for row in rows["errors"] if row["source"] == "live"]
    assert {(row["depth"], row["seed"]) for row in live} == {(8, 0), (8, 1), (14, 0), (14, 1)}
    for row in live:
        key = (row["depth"], row["seed"], 30)
        last = next(end for end in ends if (end["depth"], end["seed"], end["iteration"]) == key)
        assert last["test"] == row["test"]
    final = [event for event in events if isinstance(event, Progress)][-1]
    assert final.steps == final.total
    conclusions = [event for event in events if isinstance(event, Verdict)]
    assert [verdict.finding.split("_")[0] for verdict in conclusions] == ["short", "trained"]
    assert all(QUESTION.sentence(verdict) for verdict in conclusions)


def test_trained_networks_errors_are_counts(events: list[Any]) -> None:
    rows = [row for e in events if isinstance(e, Rows) and e.table == "errors" for row in e.rows]
    one = subject(14)
    row = next(row for row in rows if row["source"] == "run-14")
    for part, (images, labels) in {
        "train": one.train_images(50),
        "test": one.test_images(50),
    }.items():
        with torch.no_grad():
            wrong = int((one.model()(images).argmax(1) != labels).sum())
        assert row[part] == pytest.approx(100 * wrong / 50)


def test_a_network_of_every_depth_can_be_built() -> None:
    for layers in DEPTHS:
        assert depth.experiment(Settings(), layers).network == f"cifar/resnet-{layers}"


def test_closing_ends_the_runs(children: Children) -> None:
    running = depth.run(SMALL.model_copy(update={"iterations": 4000}))
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert not children.alive()


def finding(*networks: tuple[int, float, float], spread: float = 0.5) -> str:
    seeds = [
        Ends(depth, train + sign * spread, test + sign * spread)
        for depth, train, test in networks
        for sign in (1, -1)
    ]
    conclusions = [depth_verdicts.short(seeds, 5000, 5000)]
    ends = {"resnet": [Ends(*one) for one in networks]}
    conclusions += list(depth_verdicts.trained(ends, 5000, seeds))
    assert all(QUESTION.sentence(verdict) for verdict in conclusions)
    rulings = {verdict.finding.split("_", 1)[1] for verdict in conclusions}
    assert len(rulings) == 1
    return rulings.pop()


def test_rulings_follow_the_numbers() -> None:
    assert finding((20, 3.0, 4.0), (56, 86.0, 86.0)) == "optimisation"
    assert finding((20, 0.0, 20.0), (56, 0.0, 40.0)) == "overfitting"
    assert finding((20, 0.0, 40.0), (56, 20.0, 41.0)) == "slower"
    assert finding((20, 0.5, 40.0), (56, 0.0, 38.0)) == "not_too_deep"


def test_what_the_seeds_do_not_decide_gets_no_ruling() -> None:
    assert finding((20, 0.0, 40.0), (56, 0.0, 46.0), spread=4.0) == "undecided"
    assert finding((20, 40.0, 40.0), (56, 46.0, 60.0), spread=4.0) == "undecided"


def test_the_papers_1202_layers_are_a_case_of_overfitting() -> None:
    """With the paper's own spread (five runs: 0.16 at 110 layers)."""
    on_test = between_networks(TEST_ERROR[1202], TEST_ERROR[110], 10_000, 0.16, 4)
    on_training = between_networks(0.1, 0.1, 10_000, 0.16, 4)
    assert depth_verdicts.ruling(on_training, on_test) == "overfitting"


def test_one_depth_alone_gives_no_verdict() -> None:
    ends = [Ends(20, 1.0, 2.0), Ends(20, 1.5, 2.5)]
    assert not list(depth_verdicts.trained({"resnet": ends}, 1000, ends))


def test_the_images_are_the_photographs_or_the_shapes() -> None:
    assert depth.experiment(Settings(), 8).data == "cifar10-sample"
    assert depth.experiment(SMALL, 8, 3).data == "shapes"
    assert depth.experiment(SMALL, 8, 3).seed == 3


def test_a_depth_that_diverged_is_named_and_has_the_error_of_guessing() -> None:
    ends = [Ends(8, 10.0, 20.0), Ends(14, 90.0, 90.0, diverged=True)]
    (verdict,) = depth_verdicts.diverged_depths(ends)
    assert verdict.values == {"depths": "14", "error": 90.0}
    assert "diverged" in QUESTION.sentence(verdict)
    assert not depth_verdicts.diverged_depths(ends[:1])
