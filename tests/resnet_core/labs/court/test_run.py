"""Rulings for numbers that convict and numbers that acquit; measurements against autograd."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
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
from resnet_core.labs.tools.chain import backward_norms
from resnet_core.labs.tools.intervals import Groups
from resnet_core.labs.tools.short_runs import FinalErrors
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.catalog import build, response_sites
from tests.children import Children

SMALL = Settings(depth=14, iterations=30, train_images=64, images=50, data="shapes")


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
    assert len(conclusions) in (1, 7)
    assert all(QUESTION.sentence(verdict) for verdict in conclusions)


def test_the_constructed_network_makes_the_shallow_ones_mistakes(events: list[Any]) -> None:
    rows = [row for e in events if isinstance(e, Rows) and e.table == "errors" for row in e.rows]
    shallow, graft = (
        next(row for row in rows if row["source"] == "run-8" and row["role"] == role)
        for role in ("shallow", "graft")
    )
    assert (graft["train"], graft["test"]) == (shallow["train"], shallow["test"])
    assert graft["depth"] == 14


def test_signals_and_gradients_are_autograds() -> None:
    """The signal at a layer's output, by adding a zero there and asking for its gradient."""
    one = subject(8)
    model = one.model().train()
    images, labels = one.train_images(128)
    convolutions = [site.conv for site in response_sites(model)]
    zeros: list[torch.Tensor] = []

    def add(_: object, __: object, output: torch.Tensor) -> torch.Tensor:
        zeros.append(torch.zeros_like(output).requires_grad_())
        return output + zeros[-1]

    hooks = [convolution.register_forward_hook(add) for convolution in convolutions]
    loss = functional.cross_entropy(model(images), labels)
    layers = [convolution.weight for convolution in convolutions]
    expected = [float(g.norm()) for g in torch.autograd.grad(loss, [*layers, *zeros])]
    for hook in hooks:
        hook.remove()
    weights, signals = backward_norms(one.model(), images, labels)
    assert [*weights, *signals] == pytest.approx(expected, rel=1e-5)


def test_at_the_start_a_plain_networks_signal_grows_towards_the_input() -> None:
    """About 1.2 a layer under BN and ReLU (Yang et al. 2019); no upper bound saw it before."""
    experiment = Experiment.create(network="cifar/plain-56", width=8, image_size=8, test_images=50)
    model = build(experiment.network_spec(8), 0)
    images, labels = subject(8).train_images(64)
    _, signals = backward_norms(model, images, labels)
    most = court_verdicts.reach(signals)[1]
    assert most > 300
    assert court_verdicts.exploding(most, 5.0).finding != "exploding_acquitted"


def test_the_other_starts_are_other_functions() -> None:
    """Xavier and sigma 0.01 are He's function under BN: the deep layers' outputs correlate by 1."""
    runs = {run.columns["role"]: run for run in court.all_runs(SMALL)}
    experiment = runs["dirac"].experiment
    images, _ = subject(8).train_images(50)

    def features(weights: dict[str, torch.Tensor]) -> torch.Tensor:
        model = build(experiment.spec_for(subject(8).dataset), 0)
        model.load_state_dict(weights)
        with torch.no_grad():
            return model.train()(images).flatten()

    he = build(experiment.spec_for(subject(8).dataset), 0).state_dict()
    scaled = {name: 0.1 * w if w.dim() == 4 else w for name, w in he.items()}
    dirac = runs["dirac"].initial_weights
    assert dirac is not None
    own, others = features(he), (features(scaled), features(dict(dirac)))
    correlations = [float(torch.corrcoef(torch.stack([own, other]))[0, 1]) for other in others]
    assert correlations[0] > 0.99
    assert correlations[1] < 0.9


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


def test_the_long_runs_have_3_and_10_times_the_steps_and_the_same_ramp() -> None:
    runs = court.experiments(SMALL)
    deep = runs["deep"]
    for role, times, share in (
        ("deep_3x", 3, 1.0),
        ("deep_3x_slow", 3, 1 / 3),
        ("deep_10x_slow", 10, 1 / 3),
    ):
        long = runs[role]
        assert long.iterations == times * deep.iterations
        assert long.learning_rate == pytest.approx(share * deep.learning_rate)
        assert long.warmup_iterations == deep.warmup_iterations
        assert long.network == deep.network
    assert runs["shallow_3x"].iterations == 3 * deep.iterations
    assert next(iter(runs)) == "deep_10x_slow"  # what takes longest begins first


def test_the_pair_has_several_seeds_and_every_run_the_chosen_images() -> None:
    runs = court.all_runs(SMALL)
    seeds = {role: [r.columns["seed"] for r in runs if r.columns["role"] == role] for role in ROLES}
    assert seeds["deep"] == seeds["shallow"] == [0, 1]
    assert seeds["dirac"] == [0]
    assert {run.experiment.data for run in runs} == {"shapes"}
    assert {run.experiment.data for run in court.all_runs(Settings())} == {"cifar10-sample"}


def test_closing_the_trial_ends_its_runs(children: Children) -> None:
    trial = court.run(SMALL.model_copy(update={"iterations": 2000}))
    next(trial)
    trial.close()  # type: ignore[attr-defined]
    assert not children.alive()


def ruling(verdict: Verdict) -> str:
    assert QUESTION.sentence(verdict)
    return verdict.finding.split("_", 1)[1]


def test_vanishing() -> None:
    assert ruling(court_verdicts.vanishing(0.3, 0.5, 1e-12)) == "acquitted"
    assert ruling(court_verdicts.vanishing(1e-5, 0.5, 1e-12)) == "convicted"
    assert ruling(court_verdicts.vanishing(2e-3, 0.5, 1e-12)) == "open"
    # Where the control does not vanish, the test could not have shown anything.
    assert ruling(court_verdicts.vanishing(0.3, 0.5, 0.2)) == "open"
    # What the network that trains shows as well is not the cause.
    assert ruling(court_verdicts.vanishing(1e-5, 1e-5, 1e-12)) == "open"


def test_exploding_has_an_upper_bound() -> None:
    assert ruling(court_verdicts.exploding(10.0, 3.0)) == "acquitted"
    assert ruling(court_verdicts.exploding(1e6, 3.0)) == "convicted"
    assert ruling(court_verdicts.exploding(300.0, 3.0)) == "open"
    assert ruling(court_verdicts.exploding(1e6, 1e5)) == "open"
    assert ruling(court_verdicts.exploding(float("inf"), 3.0)) == "convicted"


def test_the_reach_is_over_all_layers_and_moments() -> None:
    norms = [np.array([1.0, 1e-4, 1.0]), np.array([1.0, 1.0, 1.0]), np.array([50.0, 1.0, 1.0])]
    assert court_verdicts.reach_over(norms) == (1e-4, 50.0)
    overflowed = [*norms, np.array([np.inf, 1.0, 1.0])]
    assert court_verdicts.reach_over(overflowed) == (1e-4, float("inf"))
    assert court_verdicts.reach([1.0, 0.0]) == (0.0, 0.0)


def test_overfitting() -> None:
    usual = Pair("plain-56", "plain-20", 86.0, 86.0, 3.0, 4.0)
    overfitted = replace(usual, deep_train=1.0, deep_test=40.0)
    alike = replace(usual, deep_train=3.0, deep_test=4.0)
    rulings = [
        ruling(court_verdicts.overfitting(pair, 1000, 2.0, 4))
        for pair in (usual, overfitted, alike)
    ]
    assert rulings == ["acquitted", "convicted", "open"]
    assert ruling(court_verdicts.overfitting(usual, 1000, 40.0, 4)) == "open"


def test_capacity() -> None:
    usual = Graft("plain-20", 56, 3.4, 3.4, "plain-56", 86.0)
    assert ruling(court_verdicts.capacity(usual)) == "acquitted"
    assert ruling(court_verdicts.capacity(replace(usual, grafted=50.0))) == "convicted"
    assert ruling(court_verdicts.capacity(None)) == "open"


@pytest.mark.parametrize(
    ("treated", "expected"), [(12.0, "convicted"), (46.0, "open"), (75.0, "acquitted")]
)
def test_remedies(treated: float, expected: str) -> None:
    groups = Groups(_errors(shallow=10.0, deep=80.0, deep_10x_slow=treated, dirac=treated), 1000)
    assert ruling(court_verdicts.steps(groups, 100)) == expected
    assert ruling(court_verdicts.start(groups)) == expected


ROLES = (*court_verdicts.PAIR, *court_verdicts.LONGER, "shallow_3x", "vanishing")
ROLES += court_verdicts.STARTS


def _errors(**means: float) -> dict[Any, list[float]]:
    """Every role at 80 % unless it is named; two seeds of the pair, 2 points apart."""
    return {
        role: [
            means.get(role, 80.0) + s for s in ((1, -1) if role in court_verdicts.PAIR else (0,))
        ]
        for role in ROLES
    }


def _results(most: float = 2.0, diverged: str = "", **means: float) -> list[Result]:
    return [
        Result(role, "plain-14", 14, FinalErrors(one, one, role == diverged), (0.3, most))
        if role != "vanishing"
        else Result(role, "plain-14", 14, FinalErrors(90.0, 90.0), (1e-12, 1.0))
        for role, errors in _errors(**means).items()
        for one in errors
    ]


def _findings(results: list[Result]) -> list[str]:
    verdicts = list(court_verdicts.verdicts(results, Evidence(), SMALL))
    assert all(QUESTION.sentence(verdict) for verdict in verdicts)
    return [verdict.finding for verdict in verdicts]


def test_without_degradation_there_is_no_case() -> None:
    assert _findings(_results(shallow=42.0, deep=42.0)) == ["no_degradation"]
    assert _findings(_results(shallow=60.0, deep=70.0)) == ["degradation_undecided"]


def test_runs_that_learned_nothing_acquit_nobody() -> None:
    assert _findings(_results(shallow=87.0, deep=90.0)) == ["nothing_learned"]


def test_the_title_is_answered_at_the_end() -> None:
    assert _findings(_results(shallow=10.0))[-1] == "answer_open"
    assert _findings(_results(shallow=10.0, dirac=12.0))[-1] == "answer_convicted"
    assert _findings(_results(shallow=10.0, most=1e5))[-1] == "answer_open"  # the shallow one too


def test_a_run_that_diverged_is_named_and_has_the_error_of_guessing() -> None:
    results = _results(shallow=10.0, deep_3x=90.0, diverged="deep_3x")
    verdicts = list(court_verdicts.verdicts(results, Evidence(), SMALL))
    assert (verdicts[-1].finding, verdicts[-1].values["error"]) == ("diverged", 90.0)
    assert "plain-14 (deep_3x)" in QUESTION.sentence(verdicts[-1])
