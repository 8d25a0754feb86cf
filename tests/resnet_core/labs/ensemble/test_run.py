"""Averages and disagreements against counts made by hand; blocks dropped against rebuilt nets."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.ensemble import run as ensemble
from resnet_core.labs.ensemble.question import QUESTION, Settings
from resnet_core.labs.ensemble.verdicts import Average, Thinning, verdicts
from resnet_core.labs.events import Progress, Rows, Verdict
from resnet_core.labs.tools.chain import Chain
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.catalog import build

IMAGES = 60


@pytest.fixture(scope="module", autouse=True)
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESIDUAL_PLAYGROUND_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def subject(seed: int, network: str = "cifar/resnet-14", **fields: Any) -> TrainedNetwork:
    """An untrained network: its answers are as good as any for checking sums."""
    experiment = Experiment.create(
        network=network, width=4, image_size=8, test_images=IMAGES, seed=seed, **fields
    )
    weights = build(experiment.network_spec(8), seed).state_dict()
    family, depth = network.removeprefix("cifar/").split("-")
    name = f"{family}-{depth} · seed {seed}"
    return TrainedNetwork(name, name, family, int(depth), experiment, weights)


def tables(events: list[Any]) -> dict[str, list[Any]]:
    tables_: dict[str, list[Any]] = {}
    for event in events:
        if isinstance(event, Rows):
            tables_.setdefault(event.table, []).extend(event.rows)
    return tables_


@pytest.fixture(scope="module")
def events(shapes: None) -> list[Any]:
    members = [subject(seed) for seed in range(3)]
    return list(ensemble.run(Settings(draws=2, most_dropped=2, images=IMAGES), members))


def test_the_errors_are_those_of_the_networks_themselves(events: list[Any]) -> None:
    found = tables(events)
    scores = []
    for seed in range(3):
        one = subject(seed)
        images, labels = one.test_images(IMAGES)
        with torch.no_grad():
            scores.append(torch.exp(torch.log_softmax(one.model()(images), 1)))
        wrong = int((scores[-1].argmax(1) != labels).sum())
        assert found["members"][seed]["error"] == pytest.approx(100 * wrong / IMAGES)
    together = (scores[0] + scores[1] + scores[2]).argmax(1)
    assert found["joined"][-1]["error"] == pytest.approx(
        100 * int((together != labels).sum()) / IMAGES
    )
    different = int((scores[0].argmax(1) != scores[2].argmax(1)).sum())
    pair = found["pairs"][1]
    assert (pair["first"][-1], pair["second"][-1]) == ("0", "2")
    assert pair["disagreement"] == pytest.approx(100 * different / IMAGES)
    two = [
        100 * int(((scores[a] + scores[b]).argmax(1) != labels).sum()) / IMAGES
        for a, b in combinations(range(3), 2)
    ]
    row = found["subsets"][1]
    assert row["mean"] == pytest.approx(sum(two) / 3)
    assert (row["low"], row["high"]) == pytest.approx((min(two), max(two)))


def test_a_dropped_block_is_a_network_without_it(events: list[Any]) -> None:
    one = subject(0)
    images, labels = one.test_images(IMAGES)
    for row in tables(events)["dropped"]:
        model = one.model()
        for name in row["blocks"].split(", "):
            model.set_submodule(name, nn.Identity())
        with torch.no_grad():
            wrong = int((model(images).argmax(1) != labels).sum())
        assert row["error"] == pytest.approx(100 * wrong / IMAGES)


def test_every_table_has_its_columns_and_progress_comes_to_an_end(events: list[Any]) -> None:
    for event in events:
        if isinstance(event, Rows):
            assert all(set(row) == set(QUESTION.tables[event.table]) for row in event.rows)
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.steps == last.total
    conclusions = [event for event in events if isinstance(event, Verdict)]
    assert len(conclusions) == 4
    assert all(QUESTION.sentence(verdict) for verdict in conclusions)


def test_only_blocks_that_keep_their_size_are_dropped() -> None:
    network = Chain.of(subject(0).model())
    assert ensemble.droppable(network) == ["layer1.0", "layer1.1", "layer2.1", "layer3.1"]
    projected = Chain.of(subject(0, shortcut="C").model())
    assert ensemble.droppable(projected) == []


def test_choices_are_different_and_all_of_them_where_they_are_few() -> None:
    names = ["a", "b", "c", "d"]
    assert ensemble.choices(names, 2, 6, random.Random(0)) == list(combinations(names, 2))
    some = ensemble.choices(names, 2, 4, random.Random(0))
    assert len(set(some)) == 4
    assert some != ensemble.choices(names, 2, 4, random.Random(1))


def test_runs_on_other_images_and_single_runs_are_refused() -> None:
    small = replace(subject(1), experiment=subject(1).experiment.changed(image_size=16))
    with pytest.raises(PlaygroundError, match="different images"):
        list(ensemble.run(Settings(), [subject(0), small]))
    assert QUESTION.combines([small.experiment]) == "labs.needs_two"
    experiments = [subject(0).experiment, small.experiment]
    assert QUESTION.combines(experiments) == "labs.different_data"
    assert QUESTION.combines(experiments[:1] * 2) == ""


def test_plain_networks_have_nothing_to_drop() -> None:
    members = [subject(seed, "cifar/plain-8") for seed in range(2)]
    conclusions = [e for e in ensemble.run(Settings(images=50), members) if isinstance(e, Verdict)]
    assert conclusions[-1].finding == "nothing_to_drop"


def test_ahead_asks_for_more_than_two_standard_errors() -> None:
    second = torch.tensor([1.0] * 10 + [0.0] * 90)
    assert ensemble.ahead(torch.zeros(100), second)
    assert not ensemble.ahead(second, second)
    one_better: Tensor = second.clone()
    one_better[:3] = 0
    one_better[50:52] = 1  # three gained, two lost: 1 +- sqrt(5)
    assert not ensemble.ahead(one_better, second)
    few: Tensor = second.clone()
    few[:3] = 0  # three gained, none lost: 3 +- 1.7
    assert not ensemble.ahead(few, second)


def test_ahead_of_a_mean_covers_the_members_seeds() -> None:
    second = torch.full((100,), 0.1)
    assert ensemble.ahead(torch.zeros(100), second, torch.tensor([0.1, 0.1]))
    assert not ensemble.ahead(torch.zeros(100), second, torch.tensor([0.0, 0.2]))


AVERAGE = Average(4, 1000, 5.0, 9.0, 8.0, True, True, 5.4)
THINNING = Thinning("resnet-20", 7, 8.0, 8.7, 7.5, 90.0, True)


def test_a_saturated_average_and_a_network_at_guessing_are_compared_with_nothing() -> None:
    apart = [{"both_wrong": 5.0, "independent": 4.9, "disagreement": 14.0}] * 6
    assert "saturated" in findings(replace(AVERAGE, error=0.2), apart, THINNING)
    stuck = replace(THINNING, whole=86.0, alone=88.0)
    assert "at_guessing" in findings(AVERAGE, apart, stuck)


def findings(average: Average, pairs: list[Any], thinning: Thinning | None) -> list[str]:
    conclusions = list(verdicts(average, pairs, thinning))
    assert all(QUESTION.sentence(verdict) for verdict in conclusions)
    return [verdict.finding for verdict in conclusions]


def test_verdicts_follow_the_numbers_both_ways() -> None:
    apart = [{"both_wrong": 3.0, "independent": 4.9, "disagreement": 14.0}] * 6
    usual = ["beats_best", "independent", "like_ensemble", "thinned_help"]
    assert findings(AVERAGE, apart, THINNING) == usual
    same = [{"both_wrong": 9.0, "independent": 0.8, "disagreement": 4.0}] * 6
    poor = replace(AVERAGE, error=9.0, ahead_of_alone=False, ahead_of_best=False)
    broken = replace(THINNING, alone=60.0, average=59.9, helped=False)
    unusual = ["no_gain", "correlated", "unlike_ensemble", "thinned_do_not_help"]
    assert findings(poor, same, broken) == unusual
    near = [{"both_wrong": 5.0, "independent": 4.9, "disagreement": 4.0}] * 6
    unsure = replace(THINNING, alone=9.4, block_error=1.0)
    undecided = ["beats_best", "together_undecided", "dropped_undecided", "thinned_help"]
    assert findings(AVERAGE, near, unsure) == undecided
    few = [{"both_wrong": 0.05, "independent": 0.01, "disagreement": 1.0}]
    tied = replace(AVERAGE, ahead_of_best=False)
    assert findings(tied, few, None) == ["beats_mean", "few_mistakes", "nothing_to_drop"]
