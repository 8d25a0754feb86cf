"""The dial against the block's equation, its ends, and verdicts that go either way."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.dial import run as dial
from resnet_core.labs.dial.question import QUESTION, Settings, accepts
from resnet_core.labs.dial.verdicts import (
    End,
    Reading,
    trained_verdict,
    training_verdict,
)
from resnet_core.labs.events import Rows, Verdict
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.derived_networks import set_batch_statistics
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.blocks import ResidualBlock
from resnet_core.networks.catalog import build
from resnet_core.telemetry.events import Started
from tests.graph_stand_in import Chunked

SMALL = {"width": 4, "image_size": 8, "train_images": 40, "test_images": 20, "batch_size": 10}
QUICK = Settings(marks=2, updates=10, turns=3, images=40)


def _subject(network: str = "cifar/resnet-8") -> TrainedNetwork:
    """A network as it begins: what is tested does not depend on training."""
    experiment = Experiment.create(**SMALL, network=network, iterations=20)
    weights = build(experiment.network_spec(8), seed=4).state_dict()
    return TrainedNetwork("id", network, "resnet", 8, experiment, weights)


def _images() -> torch.Tensor:
    return torch.randn(16, 3, 8, 8)


@torch.no_grad()
def test_a_turned_block_is_its_equation() -> None:
    model = build(Experiment.create(**SMALL, network="cifar/resnet-8").network_spec(8), 1).eval()
    block = model.layer2[0]  # its shortcut pads with zeros
    assert isinstance(block, ResidualBlock)
    x = torch.randn(4, 4, 8, 8)
    with dial.scaled_shortcuts(model, 0.3):
        turned = block(x)
    assert torch.allclose(turned, torch.relu(block.residual(x) + 0.3 * block.downsample(x)))
    assert not torch.allclose(turned, block(x))


@torch.no_grad()
def test_the_dials_ends_are_the_network_and_its_plain_twin() -> None:
    experiment = Experiment.create(**SMALL, network="cifar/resnet-8")
    model = build(experiment.network_spec(8), seed=1).eval()
    plain = build(experiment.changed(network="cifar/plain-8").network_spec(8), seed=1).eval()
    x = _images()
    with dial.scaled_shortcuts(model, 1.0):
        assert torch.equal(model(x), model(x))
        whole = model(x)
    assert torch.equal(whole, model(x))
    with dial.scaled_shortcuts(model, 0.0):
        assert torch.allclose(model(x), plain(x), atol=1e-6)


def test_no_hook_is_left_even_after_an_error() -> None:
    model = build(Experiment.create(**SMALL, network="cifar/resnet-8").network_spec(8), 1)
    with pytest.raises(ZeroDivisionError), dial.scaled_shortcuts(model, 0.5):
        raise ZeroDivisionError
    assert all(not module._forward_hooks for module in model.modules())


@torch.no_grad()
def test_new_statistics_are_those_of_the_inputs() -> None:
    model = build(Experiment.create(**SMALL, network="cifar/resnet-8").network_spec(8), 1).eval()
    x = _images()
    fresh = set_batch_statistics(copy.deepcopy(model), x, dial.BATCH)
    outputs = model.conv1(x)
    assert torch.allclose(fresh.bn1.running_mean, outputs.mean((0, 2, 3)), atol=1e-5)
    assert torch.allclose(fresh.bn1.running_var, outputs.var((0, 2, 3)), rtol=1e-4)
    assert torch.equal(model.bn1.running_var, torch.ones(4))  # the network's own are as before
    assert not fresh.training


def test_a_copy_with_new_statistics_has_scaled_shortcuts() -> None:
    model = build(Experiment.create(**SMALL, network="cifar/resnet-8").network_spec(8), 1).eval()
    x, y = _images(), torch.zeros(16, dtype=torch.int64)
    with dial.scaled_shortcuts(model, 0.0):
        turned = set_batch_statistics(copy.deepcopy(model), x, dial.BATCH)
        loss, _ = dial.loss_and_error(turned, x, y)
    straight, _ = dial.loss_and_error(
        set_batch_statistics(copy.deepcopy(model), x, dial.BATCH), x, y
    )
    assert loss != pytest.approx(straight, abs=1e-4)


def test_a_run_turns_the_dial_then_trains_at_its_marks(home: Path) -> None:
    events = list(dial.run(QUICK, [_subject()]))
    rows = [(e.table, row) for e in events if isinstance(e, Rows) for row in e.rows]
    assert all(set(row) == set(QUESTION.tables[table]) for table, row in rows)
    assert [row["alpha"] for table, row in rows if table == "trained"] == [1, 1, 0.5, 0.5, 0, 0]
    assert {row["alpha"] for table, row in rows if table == "ends"} == {0.0, 1.0}
    verdicts = [event for event in events if isinstance(event, Verdict)]
    assert len(verdicts) == 2
    assert all(QUESTION.sentence(verdict) for verdict in verdicts)


def test_no_graph_is_captured_before_the_dial_is_turned(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would train the network as it was then."""
    backends: list[str] = []

    class Noted(Chunked):
        def started(self) -> Started:
            backends.append(self.stepper.backend)
            return super().started()

    monkeypatch.setattr(short_runs, "Session", Noted)
    monkeypatch.setattr(short_runs, "cores", lambda: 1)
    list(dial._train_all(QUICK.model_copy(update={"updates": 1}), _subject()))
    assert set(backends) == {"eager"}


def test_training_with_nothing_of_x_is_training_the_plain_twin(home: Path) -> None:
    """The same seed, data and recipe, shortcuts cut off: the same loss at every record."""

    def losses(subject: TrainedNetwork) -> list[float]:
        settings = QUICK.model_copy(update={"updates": 3})
        rows = [e.rows for e in dial._train_all(settings, subject) if isinstance(e, Rows)]
        rows_0 = [row for (row, *_) in rows if (row.get("alpha"), row.get("seed")) == (0.0, 0)]
        return [row["loss"] for row in rows_0 if "loss" in row]

    residual, plain = losses(_subject()), losses(_subject("cifar/plain-8"))
    assert len(residual) == 4
    assert residual == pytest.approx(plain, rel=1e-2)


def _readings(*errors: float) -> list[Reading]:
    return [Reading(n / 2, error, 1.0, error / 2, 1.0) for n, error in enumerate(errors)]


@pytest.mark.parametrize(
    ("errors", "finding"),
    [
        ((90.0, 40.0, 1.0), "made_for_one"),
        ((2.0, 1.5, 1.0), "indifferent"),
        ((90.0, 1.0, 20.0), "better_elsewhere"),
    ],
)
def test_what_the_trained_network_needs_follows_from_its_errors(
    errors: tuple[float, ...], finding: str
) -> None:
    verdict = trained_verdict(_readings(*errors))
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)
    if finding == "made_for_one":
        assert (verdict.values["limit"], verdict.values["limit_anew"]) == (0.5, 20.0)


@pytest.mark.parametrize(
    ("errors", "spread", "finding"),
    [
        ((60.0, 40.0, 10.0), 1.0, "more_is_better"),
        ((10.0, 40.0, 60.0), 1.0, "less_is_better"),
        ((60.0, 10.0, 50.0), 1.0, "part_is_best"),
        ((60.0, 72.0, 59.9), 1.0, "part_is_worst"),
        ((12.0, 10.0, 11.0), 0.1, "no_matter"),
        ((60.0, 66.0, 59.9), 3.0, "undecided"),
        ((60.0, 40.0, 10.0), 30.0, "undecided"),
    ],
)
def test_what_alpha_does_to_training_follows_from_the_ends(
    errors: tuple[float, ...], spread: float, finding: str
) -> None:
    ends = [End(n / 2, error + s * spread) for n, error in enumerate(errors) for s in (1, -1)]
    verdict = training_verdict(ends, Settings(images=10_000))
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)


def test_only_networks_with_an_x_to_turn_down_are_accepted() -> None:
    assert accepts(Experiment.create(network="cifar/resnet-20")) == ""
    assert accepts(Experiment.create(network="cifar/preresnet-20")) == ""
    for network in ("cifar/plain-20", "cifar/highway-20"):
        assert accepts(Experiment.create(network=network)) == "labs.no_shortcut"
