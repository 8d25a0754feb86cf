"""Rulings for numbers that convict and numbers that acquit; measurements against autograd."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn import functional

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.court import run as court
from resnet_core.labs.court import verdicts as court_verdicts
from resnet_core.labs.court.question import QUESTION, Settings, accepts, combines
from resnet_core.labs.court.verdicts import Evidence, Graft, Pair, Result
from resnet_core.labs.events import Progress, Rows, Verdict
from resnet_core.labs.tools.short_runs import FinalErrors
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.catalog import build
from tests.children import Children

SMALL = Settings(depth=14, iterations=30, train_images=64, images=50)


@pytest.fixture(scope="module", autouse=True)
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESIDUAL_PLAYGROUND_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def subject(depth: int, **fields: Any) -> TrainedNetwork:
    experiment = Experiment.create(
        network=f"cifar/plain-{depth}", width=4, image_size=8, test_images=50, **fields
    )
    weights = build(experiment.network_spec(8), 0).state_dict()
    return TrainedNetwork(f"run-{depth}", f"plain-{depth}", "plain", depth, experiment, weights)


@pytest.fixture(scope="module")
def events(shapes: None) -> list[Any]:
    return list(court.run(SMALL, [subject(14), subject(8)]))


def test_tables_progress_and_sentences(events: list[Any]) -> None:
    rows: dict[str, list[Any]] = {name: [] for name in QUESTION.tables}
    for event in events:
        if isinstance(event, Rows):
            assert all(set(row) == set(QUESTION.tables[event.table]) for row in event.rows)
            rows[event.table].extend(event.rows)
    roles = set(court.experiments(SMALL))
    assert {row["role"] for row in rows["curves"]} == roles
    ends = {row["role"] for row in rows["errors"] if row["source"] == "live"}
    assert ends == roles
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.steps == last.total
    conclusions = [event for event in events if isinstance(event, Verdict)]
    assert len(conclusions) in (1, 5)
    assert all(QUESTION.sentence(verdict) for verdict in conclusions)


def test_the_constructed_network_makes_the_shallow_ones_mistakes(events: list[Any]) -> None:
    rows = [row for e in events if isinstance(e, Rows) and e.table == "errors" for row in e.rows]
    shallow, graft = (
        next(row for row in rows if row["source"] == "run-8" and row["role"] == role)
        for role in ("shallow", "graft")
    )
    assert (graft["train"], graft["test"]) == (shallow["train"], shallow["test"])
    assert graft["depth"] == 14


def test_gradients_of_a_trained_network_are_autograds() -> None:
    one = subject(8)
    model = one.model().train()
    images, labels = one.train_images(128)
    loss = functional.cross_entropy(model(images), labels)
    layers = [m.weight for m in model.modules() if isinstance(m, torch.nn.Conv2d)]
    expected = [float(g.norm()) for g in torch.autograd.grad(loss, layers)]
    assert court.gradient_norms(one) == pytest.approx(expected, rel=1e-5)


def test_networks_that_cannot_be_compared_are_refused() -> None:
    shallow, deep = (subject(layers).experiment for layers in (8, 14))
    assert combines([shallow]) == "labs.needs_shallow_and_deep"
    assert combines([shallow, shallow]) == "labs.same_depth"
    assert combines([shallow, deep.changed(image_size=16)]) == "labs.different_data"
    assert combines([shallow, deep]) == ""
    other = subject(14)
    larger = replace(other, experiment=other.experiment.changed(image_size=16))
    with pytest.raises(PlaygroundError, match="different images"):
        list(court.run(SMALL, [subject(8), larger]))
    assert accepts(Experiment.create(network="cifar/resnet-20"))
    assert not accepts(Experiment.create(network="cifar/plain-20"))


def test_the_long_runs_have_three_times_the_steps_and_the_same_ramp() -> None:
    runs = court.experiments(SMALL)
    for role in ("deep", "shallow"):
        long, short = runs[f"{role}_long"], runs[role]
        assert long.iterations == 3 * short.iterations
        assert long.warmup_iterations == short.warmup_iterations
        assert long.network == short.network
    assert next(iter(runs)) == "deep_long"  # what takes longest begins first


def test_closing_the_trial_ends_its_runs(children: Children) -> None:
    trial = court.run(SMALL.model_copy(update={"iterations": 2000}))
    next(trial)
    trial.close()  # type: ignore[attr-defined]
    assert not children.alive()


def ruling(verdict: Verdict) -> str:
    assert QUESTION.sentence(verdict)
    return verdict.finding.split("_", 1)[1]


def test_gradients() -> None:
    assert ruling(court_verdicts.gradients([0.3, 1.2], 1e-12)) == "acquitted"
    assert ruling(court_verdicts.gradients([0.3, 1e-5], 1e-12)) == "convicted"
    assert ruling(court_verdicts.gradients([0.005], 1e-12)) == "not_proven"
    # Where the control does not vanish, the test could not have shown anything.
    assert ruling(court_verdicts.gradients([0.3], 0.2)) == "not_proven"


def test_overfitting() -> None:
    usual = Pair("plain-56", "plain-20", 86.0, 86.0, 3.0, 4.0)
    assert ruling(court_verdicts.overfitting(usual)) == "acquitted"
    overfitted = replace(usual, deep_train=1.0, deep_test=40.0)
    assert ruling(court_verdicts.overfitting(overfitted)) == "convicted"
    alike = replace(usual, deep_train=3.0, deep_test=4.0)
    assert ruling(court_verdicts.overfitting(alike)) == "not_proven"


def test_capacity() -> None:
    usual = Graft("plain-20", 56, 3.4, 3.4, "plain-56", 86.0)
    assert ruling(court_verdicts.capacity(usual)) == "acquitted"
    assert ruling(court_verdicts.capacity(replace(usual, grafted=50.0))) == "convicted"
    assert ruling(court_verdicts.capacity(None)) == "not_proven"


@pytest.mark.parametrize(
    ("treated", "expected"), [(12.0, "convicted"), (30.0, "not_proven"), (60.0, "acquitted")]
)
def test_remedies(treated: float, expected: str) -> None:
    assert ruling(court_verdicts.steps(80.0, 10.0, treated, 0.0, 100)) == expected
    others = {"xavier": treated, "small_normal": 79.0}
    verdict = court_verdicts.start(80.0, 10.0, others)
    assert ruling(verdict) == expected
    assert verdict.values["best"] == "xavier"


def short_run(role: str, error: float, diverged: bool = False) -> Result:
    return Result(role, "plain-14", 14, FinalErrors(error, error, diverged), ratio=0.5)


def short_runs(**errors: float) -> dict[str, Result]:
    roles = ("deep", "shallow", "vanishing", "xavier", "small_normal", "deep_long", "shallow_long")
    return {role: short_run(role, errors.get(role, 90.0)) for role in roles}


def test_without_degradation_there_is_no_case() -> None:
    verdicts = list(court_verdicts.verdicts(short_runs(), Evidence(), 30))
    assert [verdict.finding for verdict in verdicts] == ["no_degradation"]
    assert "dismissed" in QUESTION.sentence(verdicts[0])


def test_a_run_that_diverged_is_named_and_has_the_error_of_guessing() -> None:
    runs = short_runs(shallow=10.0)
    runs["deep"] = short_run("deep", 90.0, diverged=True)
    verdicts = list(court_verdicts.verdicts(runs, Evidence(), 30))
    assert (verdicts[-1].finding, verdicts[-1].values["error"]) == ("diverged", 90.0)
    assert "plain-14 (deep)" in QUESTION.sentence(verdicts[-1])
    assert len(verdicts) == 6
