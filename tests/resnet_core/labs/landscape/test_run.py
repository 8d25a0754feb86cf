"""The plane through a network, its nested grids, shapes with known curvature, verdicts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Progress, Rows, Verdict
from resnet_core.labs.landscape import run as landscape
from resnet_core.labs.landscape.question import QUESTION, Settings
from resnet_core.labs.landscape.run import FINEST, Plane, filter_normalised, moved
from resnet_core.labs.landscape.verdicts import Surface, verdicts
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec

MIDDLE = FINEST // 2
QUICK = Settings(resolution=5, images=20, seed=3)


def _subject(network: str = "cifar/resnet-8") -> TrainedNetwork:
    experiment = Experiment.create(
        network=network, width=4, image_size=8, train_images=40, test_images=20, batch_size=10
    )
    weights = build(experiment.network_spec(8), seed=4).state_dict()
    family = network.removeprefix("cifar/").split("-")[0]
    return TrainedNetwork(network, network, family, 8, experiment, weights)


def test_the_middle_is_the_networks_own_loss(home: Path) -> None:
    subject = _subject()
    x, y = subject.train_images(20)
    with torch.no_grad():
        losses = functional.cross_entropy(subject.model()(x), y, reduction="none")
    plane = Plane(subject, QUICK)
    plane.at((0, 7))  # having been elsewhere makes no difference
    height = plane.at((MIDDLE, MIDDLE))
    assert height.loss == pytest.approx(float(losses.mean()), rel=1e-6)
    assert height.uncertainty == pytest.approx(float(losses.std()) / math.sqrt(20), rel=1e-5)
    assert plane.coordinates((MIDDLE, MIDDLE)) == (0.0, 0.0)


@torch.no_grad()
def test_a_place_is_a_network_whose_weights_were_moved_there(home: Path) -> None:
    subject = _subject()
    x, y = subject.train_images(20)
    model = subject.model()
    generator = torch.Generator().manual_seed(QUICK.seed)
    first, second = (filter_normalised(model, generator) for _ in range(2))
    weights = moved(moved(model.state_dict(), first, 1.0), second, -0.5)
    model.load_state_dict(weights)
    expected = functional.cross_entropy(model(x), y)
    height = Plane(subject, QUICK).at((FINEST - 1, MIDDLE // 2))
    assert height.loss == pytest.approx(float(expected), rel=1e-5)


def test_biases_and_bn_stay_where_they_are(home: Path) -> None:
    subject = _subject()
    plane = Plane(subject, QUICK)
    plane.at((0, 0))
    for name, tensor in plane.model.state_dict().items():
        same = torch.equal(tensor, subject.weights[name])
        assert same == (tensor.dim() < 2), name


def test_grids_are_nested_and_no_place_is_in_two() -> None:
    coarse, finer, finest = landscape.levels(41, seed=0)
    assert [len(coarse), len(coarse + finer), len(coarse + finer + finest)] == [25, 441, 1681]
    assert len(set(coarse) | set(finer) | set(finest)) == 1681
    assert {x for x, _ in coarse} == {0, 10, 20, 30, 40}
    assert {x for x, _ in coarse + finer} == set(range(0, 41, 2))
    assert landscape.levels(21, seed=0) == [coarse, finer]
    assert (MIDDLE, MIDDLE) in coarse


def test_no_place_is_computed_twice(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[tuple[float, float]] = []
    real = Plane._height

    def counting(self: Plane, x: float, y: float) -> landscape.Height:
        computed.append((x, y))
        return real(self, x, y)

    monkeypatch.setattr(Plane, "_height", counting)
    events = list(landscape.run(QUICK, [_subject()]))
    assert len(computed) == len(set(computed)) == 81 + 25 - 9
    progress = [event for event in events if isinstance(event, Progress)]
    assert progress[-1] == Progress(len(computed), len(computed))


def test_every_table_is_filled_lines_first(home: Path) -> None:
    subjects = [_subject("cifar/plain-8"), _subject()]
    events = list(landscape.run(QUICK, subjects))
    rows = [(e.table, row) for e in events if isinstance(e, Rows) for row in e.rows]
    assert all(set(row) == set(QUESTION.tables[table]) for table, row in rows)
    tables = [table for table, _ in rows]
    assert tables == sorted(tables, key=["networks", "lines", "surface"].index)
    assert tables.count("lines") == 2 * 2 * 41
    assert tables.count("surface") == 2 * 25
    verdicts = [event for event in events if isinstance(event, Verdict)]
    assert all(QUESTION.sentence(verdict) for verdict in verdicts)
    # Networks as they begin have hardly learned, and that is said.
    assert [v.finding for v in verdicts].count("hardly_learned") == 2


def _parabola(a: float, b: float) -> np.ndarray:
    places = np.linspace(-1, 1, 21)
    return a * places[None, :] ** 2 + b * places[:, None] ** 2


def test_a_bowl_is_a_bowl_and_a_saddle_is_none() -> None:
    assert landscape.bowl(_parabola(1, 3)).all()
    assert not landscape.bowl(_parabola(1, -1)).any()
    assert landscape.bowl(_parabola(1, -0.05)).all()  # less than a tenth: flat, but for rounding
    turned = np.outer(np.linspace(-1, 1, 21), np.linspace(-1, 1, 21))  # x y, a saddle at 45 degrees
    assert not landscape.bowl(turned).any()


def test_minima_are_counted() -> None:
    assert landscape.minima(_parabola(1, 1)) == 1
    assert landscape.minima(_parabola(1, -1)) == 0
    places = np.linspace(0, 4 * np.pi, 41)
    assert landscape.minima(np.cos(places)[:, None] + np.cos(places)[None, :]) == 4


def _surface(family: str, convex: float, loss: float = 0.1, error: float = 2.0) -> Surface:
    return Surface(family, family, loss, 0.01, math.log(10), 60, convex, 50.0, 1, error)


@pytest.mark.parametrize(
    ("plain", "residual", "finding"),
    [
        (60.0, 90.0, "residual_smoother"),
        (90.0, 60.0, "plain_smoother"),
        (88.0, 90.0, "alike"),
    ],
)
def test_the_comparison_follows_from_the_surfaces(
    plain: float, residual: float, finding: str
) -> None:
    conclusions = verdicts([_surface("plain", plain), _surface("resnet", residual)])
    assert [verdict.finding for verdict in conclusions] == ["one", "one", finding]
    assert all(QUESTION.sentence(verdict) for verdict in conclusions)


def test_a_network_that_has_hardly_learned_comes_with_a_warning() -> None:
    conclusions = verdicts([_surface("plain", 95.0, loss=2.1)])
    assert [verdict.finding for verdict in conclusions] == ["one", "hardly_learned"]
    assert all(QUESTION.sentence(verdict) for verdict in conclusions)


def test_it_is_compared_with_none() -> None:
    stuck, trained = _surface("plain", 40.0, loss=2.1), _surface("resnet", 90.0)
    findings = [verdict.finding for verdict in verdicts([stuck, trained])]
    assert findings == ["one", "hardly_learned", "one"]


def test_surfaces_whose_quarters_differ_as_much_decide_nothing() -> None:
    pair = [_surface("plain", 60.0, error=15.0), _surface("resnet", 90.0, error=15.0)]
    assert verdicts(pair)[-1].finding == "alike"


def test_the_quarters_are_the_whole_plane() -> None:
    plane = np.arange(49).reshape(7, 7) % 3 == 0
    parts = landscape.quarters(plane)
    assert sum(part.size for part in parts) == 49
    assert sum(int(part.sum()) for part in parts) == int(plane.sum())


def test_each_filter_of_a_direction_is_as_long_as_the_networks() -> None:
    model = build(NetworkSpec(family="resnet", depth=8, width=4, image_size=8), seed=1)
    direction = filter_normalised(model, torch.Generator().manual_seed(5))
    count = 0
    for name, weight in model.named_parameters():
        if weight.dim() < 2:
            assert direction[name].abs().sum() == 0
            continue
        for drawn, own in zip(direction[name], weight.detach(), strict=True):
            assert torch.isclose(drawn.norm(), own.norm(), rtol=1e-5)
            count += 1
    assert count == 4 * 3 + 8 * 2 + 16 * 2 + 10  # filters of 7 layers and rows of the classifier


def test_a_direction_is_the_seeds_and_moves_what_it_has() -> None:
    model = build(NetworkSpec(depth=8, width=4, image_size=8), seed=1)
    first, again = (filter_normalised(model, torch.Generator().manual_seed(5)) for _ in range(2))
    other = filter_normalised(model, torch.Generator().manual_seed(6))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])
    state = model.state_dict()
    there = moved(state, first, 0.5)
    assert torch.equal(there["conv1.weight"], state["conv1.weight"] + 0.5 * first["conv1.weight"])
    assert torch.equal(there["bn1.running_var"], state["bn1.running_var"])
