"""The two forms on known targets: closed forms, exact equalities, and verdicts either way."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from resnet_core.labs.events import Rows, Verdict
from resnet_core.labs.microscope import run as microscope
from resnet_core.labs.microscope.question import QUESTION, Settings
from resnet_core.labs.microscope.run import RECIPES, Stack, initial
from resnet_core.labs.microscope.verdicts import (
    FORMS,
    SHIFTED,
    Outcome,
    about_depth,
    control,
    one_layer,
    winner,
)


def _quick(**changes: object) -> Settings:
    small = {"depth": 3, "steps": 20, "width": 6, "examples": 16, "seeds": 2}
    return Settings.model_validate({**small, **changes})


def _raced(settings: Settings) -> dict[str, microscope.Entrant]:
    entrants = microscope.enter(settings, settings.depth)
    for _ in microscope.race(settings, entrants):
        pass
    return entrants


def _outcome(loss: float) -> Outcome:
    return Outcome(1.0, 0.1, loss, loss, loss)


def test_a_stack_is_its_equation() -> None:
    gains = torch.tensor([1.0])
    blocks = initial(Settings(layers=2, width=5, seeds=1, seed=3), 2, gains)
    x = torch.randn(1, 4, 5)
    (a, b), (c, d) = [[weight[0] for weight in layers] for layers in blocks]
    plain = functional.relu(functional.relu(x[0] @ a) @ b)
    assert torch.allclose(
        Stack("plain", "relu", blocks)(x)[0], functional.relu(plain @ c) @ d, atol=1e-6
    )
    first = functional.relu(functional.relu(x[0] @ a) @ b + x[0])
    expected = functional.relu(first @ c) @ d + first
    assert torch.allclose(Stack("residual", "relu", blocks)(x)[0], expected, atol=1e-6)


def test_the_forms_begin_with_the_same_values_in_every_recipe() -> None:
    settings = _quick()
    entrants = microscope.enter(settings, 3)
    for plain, residual in zip(
        entrants["plain"].stack.weights, entrants["residual"].stack.weights, strict=True
    ):
        assert torch.equal(plain, residual)
        by_recipe = plain.detach().view(2, len(RECIPES), 6, 6)
        for number, (gain, _) in enumerate(RECIPES):
            assert torch.allclose(by_recipe[:, number] / gain, by_recipe[:, -1], rtol=1e-5)
        assert not torch.allclose(by_recipe[0], by_recipe[1])


def test_a_recipe_with_a_seed_that_diverged_is_never_the_best() -> None:
    losses = torch.full((3, len(RECIPES)), 0.5)
    losses[:, 2] = torch.tensor([0.01, 0.01, torch.nan])
    losses[:, 4] = torch.tensor([0.1, 0.2, 0.3])
    outcome = microscope.outcome(losses)
    assert (outcome.gain, outcome.rate) == RECIPES[4]
    assert (outcome.loss, outcome.low, outcome.high) == pytest.approx((0.2, 0.1, 0.3))


def test_one_replica_that_diverges_leaves_the_others_alone() -> None:
    settings = _quick(activation="linear", layers=2, depth=8, steps=30)
    entrant = _raced(settings)["residual"]
    assert not entrant.losses.isfinite().all()
    assert microscope.outcome(entrant.losses).loss < 0.2


@pytest.mark.parametrize("target", ["identity", "negative", "random"])
def test_one_linear_layer_reaches_the_closed_form(target: str) -> None:
    settings = _quick(target=target, activation="linear", layers=1, depth=1, steps=400, examples=64)
    entrants = _raced(settings)
    wanted = microscope.target_map(settings)
    for form in FORMS:
        assert microscope.distance(settings, entrants[form]) < 1e-4
        (weight,) = entrants[form].stack.weights
        shift = torch.eye(6) if form == "residual" else torch.zeros(6, 6)
        assert (weight.detach() + shift - wanted).abs().amax((1, 2)).min() < 1e-4


@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_with_one_layer_the_form_is_a_change_of_starting_point(activation: str) -> None:
    entrants = _raced(_quick(activation=activation, layers=1, target="random"))
    recipe = RECIPES.index((0.1, 0.03))
    gap = entrants["residual"].losses - entrants[SHIFTED].losses
    assert gap[:, recipe].abs().max() < 1e-5
    plain = entrants["residual"].losses - entrants["plain"].losses
    assert plain[:, recipe].abs().max() > 1e-2
    for first, second in zip(
        entrants["residual"].stack.weights, entrants[SHIFTED].stack.weights, strict=True
    ):
        at = slice(recipe, None, len(RECIPES))
        assert torch.allclose(first[at] + torch.eye(6), second[at], atol=1e-4)


def test_the_norms_are_those_of_the_block() -> None:
    settings = _quick(depth=1, layers=1, activation="linear")
    entrant = microscope.enter(settings, 1)["residual"]
    x = microscope.inputs(settings)
    weight = entrant.stack.weights[0][0].detach()
    ((branch, mapping),) = entrant.stack.norms(x.expand(len(RECIPES) * 2, -1, -1))
    assert torch.allclose(branch[0], (x @ weight).norm() / x.norm())
    assert torch.allclose(mapping[0], (x @ weight + x).norm() / x.norm())


def test_residual_wins_at_the_identity_and_loses_at_zero() -> None:
    def said(target: str) -> str:
        settings = _quick(target=target, depth=5, activation="linear", layers=1, steps=100)
        entrants = _raced(settings)
        outcomes = {form: microscope.outcome(entrants[form].losses) for form in FORMS}
        return winner(settings, outcomes, microscope.zero_loss(settings)).finding

    assert said("identity") == "residual_wins"
    assert said("zero") == "plain_wins"


@pytest.mark.parametrize(
    ("plain", "residual", "finding"),
    [
        (0.5, 1e-8, "residual_wins"),
        (1e-8, 0.5, "plain_wins"),
        (0.1, 0.11, "draw"),
        (1e-9, 1e-13, "draw"),
        (1.0, 0.99, "neither"),
    ],
)
def test_the_winner_follows_from_the_losses(plain: float, residual: float, finding: str) -> None:
    outcomes = {"plain": _outcome(plain), "residual": _outcome(residual)}
    verdict = winner(Settings(), outcomes, zero_loss=1.0)
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)


@pytest.mark.parametrize(
    ("plain", "residual", "finding"),
    [
        ((1e-8, 1.0), (1e-8, 1e-8), "depth_hurts_plain"),
        ((1e-8, 1e-8), (1e-8, 1.0), "depth_hurts_residual"),
        # Residual 8 times better: a threshold's artefact called this "only the residual stack".
        ((0.8, 0.8), (0.001, 0.1), "depth_hurts_residual_ahead"),
        ((0.023, 0.33), (1e-8, 7e-6), "depth_hurts_plain_more"),
        ((0.01, 1.0), (0.01, 1.0), "depth_hurts_both"),
        ((1.0, 0.5), (0.3, 0.3), "depth_hurts_neither"),
        # Both grew: a threshold of 10 called this "only plain".
        ((0.025, 0.34), (0.097, 0.33), "depth_hurts_both"),
        ((0.054, 0.34), (0.1, 0.1), "depth_hurts_plain"),  # it was "neither"
        ((0.1, 0.9), (0.1, 0.15), "depth_hurts_plain_more"),
        ((0.1, 0.15), (0.1, 0.9), "depth_hurts_residual_more"),
        ((0.1, 0.15), (0.1, 0.15), "depth_undecided"),
    ],
)
def test_who_suffers_from_depth_follows_from_the_losses(
    plain: tuple[float, float], residual: tuple[float, float], finding: str
) -> None:
    results = {
        depth: {"plain": _outcome(plain[i]), "residual": _outcome(residual[i])}
        for i, depth in enumerate((1, 20))
    }
    verdict = about_depth(results)
    assert verdict.finding == finding
    times = verdict.values["plain_times"]
    assert times == pytest.approx(max(plain[1], 1e-6) / max(plain[0], 1e-6))
    assert f"{times:.2g} times" in QUESTION.sentence(verdict)


def test_growth_within_the_range_of_the_seeds_is_not_decided() -> None:
    wide = Outcome(1.0, 0.1, 0.9, 0.05, 2.0)
    results = {d: {"plain": one, "residual": one} for d, one in ((1, _outcome(0.1)), (20, wide))}
    assert about_depth(results).finding == "depth_undecided"


@pytest.mark.parametrize(
    ("shifted", "finding"),
    [(1e-8, "control_all"), (1e-3, "control_part"), (0.4, "control_none")],
)
def test_the_control_tells_the_start_from_the_form(shifted: float, finding: str) -> None:
    losses = {"plain": 0.5, "residual": 1e-8, "shifted": shifted}
    verdict = control({name: _outcome(loss) for name, loss in losses.items()})
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)


def test_the_control_begins_at_the_identity_and_has_no_shortcut() -> None:
    settings = _quick(layers=2)
    entrants = microscope.enter(settings, 3)
    stack = entrants[SHIFTED].stack
    assert stack.form == "plain"
    for own, other in zip(stack.weights, entrants["residual"].stack.weights, strict=True):
        assert torch.equal(own, other + torch.eye(6))
    events = list(microscope.run(Settings(depth=5, steps=60, width=8)))
    findings = [event.finding for event in events if isinstance(event, Verdict)]
    assert findings[0] == "residual_wins"
    assert findings[1].startswith("control_")


def test_losses_that_differ_have_a_verdict_of_their_own() -> None:
    assert one_layer(0.1, 0.1000001).finding == "one_layer_same"
    assert one_layer(0.1, 0.3).finding == "one_layer_apart"


def test_a_run_fills_its_tables_and_says_what_it_found() -> None:
    events = list(microscope.run(_quick(layers=1, depth=1, activation="linear", steps=10)))
    tables = {event.table for event in events if isinstance(event, Rows)}
    assert tables == set(QUESTION.tables)
    for event in events:
        if isinstance(event, Rows):
            assert all(set(row) == set(QUESTION.tables[event.table]) for row in event.rows)
    verdicts = [event for event in events if isinstance(event, Verdict)]
    assert [verdict.finding for verdict in verdicts][2:] == ["one_layer_same", "convex_missed"]
    assert all(QUESTION.sentence(verdict) for verdict in verdicts)
