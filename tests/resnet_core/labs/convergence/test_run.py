"""Chains against a written reference and finite differences; verdicts either way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from resnet_core.labs.convergence import run as convergence
from resnet_core.labs.convergence.question import QUESTION, Settings
from resnet_core.labs.convergence.verdicts import (
    FORMS,
    SHIFTED,
    Chain,
    best,
    by_depth,
    start_or_form,
)
from resnet_core.labs.events import Rows, Verdict

QUICK = Settings(deepest=5, steps=1000, seeds=5)


@pytest.mark.parametrize("form", [*FORMS, SHIFTED])
def test_steps_are_those_of_a_written_reference(form: str) -> None:
    """The same descent with Python floats, one chain at a time."""
    starts = convergence.initial(form, QUICK, 3)
    needed = convergence.steps_needed(form, starts, 0.1, QUICK)
    for numbers, steps in zip(starts.tolist(), needed.tolist(), strict=True):
        w, shift, step = list(numbers), 1.0 if form == "residual" else 0.0, 0
        while True:
            product = math.prod(one + shift for one in w)
            if abs(product - 1.1) < 1e-3 or step == QUICK.steps:
                break
            others = [math.prod(o + shift for j, o in enumerate(w) if j != i) for i in range(3)]
            w = [one - 0.1 * (product - 1.1) * other for one, other in zip(w, others, strict=True)]
            step += 1
        assert steps == (step if abs(product - 1.1) < 1e-3 else math.inf)


def test_the_gradient_is_that_of_finite_differences() -> None:
    numbers = convergence.initial("residual", QUICK, 4)
    numbers[0, 1] = -1.0  # a factor of 0

    def loss(values: np.ndarray) -> np.ndarray:
        return 0.5 * (convergence.factors("residual", values).prod(axis=1) - 1.1) ** 2

    for layer in range(4):
        nudge = np.zeros_like(numbers)
        nudge[:, layer] = 1e-6
        slope = (loss(numbers + nudge) - loss(numbers - nudge)) / 2e-6
        found = convergence.gradient("residual", numbers)[:, layer]
        assert found == pytest.approx(slope, abs=1e-7)


def test_decay_pulls_a_plain_layer_to_0_and_a_residual_one_to_the_identity() -> None:
    numbers = np.array([[0.5, 0.4]])
    for form in FORMS:
        free, pulled = (convergence.updated(form, numbers, 0.1, decay) for decay in (0.0, 0.05))
        assert pulled == pytest.approx(free - 0.1 * 0.05 * numbers)


def test_the_default_grows_in_the_plain_chain_only_and_the_start_explains_it() -> None:
    settings = Settings(deepest=10, steps=2000)
    verdicts = [event for event in convergence.run(settings) if isinstance(event, Verdict)]
    assert [verdict.finding for verdict in verdicts] == ["grows_plain", "start_same"]
    assert all(QUESTION.sentence(verdict) for verdict in verdicts)


def test_with_weight_decay_the_shortcut_is_more_than_a_start() -> None:
    settings = QUICK.model_copy(update={"decay": 0.02})
    verdict = [event for event in convergence.run(settings) if isinstance(event, Verdict)][-1]
    assert verdict.finding == "start_apart"
    assert QUESTION.sentence(verdict)


def _chain(form: str, depth: int, *needed: float, rate: float = 0.1) -> Chain:
    return Chain(form, depth, rate, needed)


@pytest.mark.parametrize(
    ("plain", "residual", "finding"),
    [
        (4000.0, 10.0, "grows_plain"),
        (10.0, 4000.0, "grows_residual"),
        (4000.0, 4000.0, "grows_both"),
        (12.0, 12.0, "grows_neither"),
        (math.inf, 12.0, "grows_plain"),
    ],
)
def test_what_grows_follows_from_the_steps(plain: float, residual: float, finding: str) -> None:
    results = {
        form: {3: _chain(form, 3, 9, 10, 11), 15: _chain(form, 15, deep, deep, deep)}
        for form, deep in (("plain", plain), ("residual", residual))
    }
    verdict = by_depth(results, Settings())
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)


def test_growth_within_the_spread_of_the_seeds_does_not_count() -> None:
    wide = {3: _chain("plain", 3, 9, 10, 900), 15: _chain("plain", 15, 20, 400, 900)}
    flat = {3: _chain("residual", 3, 9, 10, 11), 15: _chain("residual", 15, 9, 10, 11)}
    assert by_depth({"plain": wide, "residual": flat}, Settings()).finding == "grows_neither"
    lost = {3: _chain("plain", 3, math.inf), 15: _chain("plain", 15, math.inf)}
    verdict = by_depth({"plain": lost, "residual": flat}, Settings())
    assert verdict.finding == "not_learned"
    assert QUESTION.sentence(verdict)


def test_the_best_rate_has_the_lowest_median() -> None:
    chains = [_chain("plain", 3, 9, 90, 99), _chain("plain", 3, 50, 60, math.inf, rate=0.3)]
    assert best(chains, "plain")[3].rate == 0.3
    apart = [_chain("residual", 3, 5, 5), _chain(SHIFTED, 3, 5, 90)]
    assert start_or_form(apart, Settings()).finding == "start_apart"


def test_every_row_has_its_tables_columns() -> None:
    rows = [(e.table, r) for e in convergence.run(QUICK) if isinstance(e, Rows) for r in e.rows]
    assert {table for table, _ in rows} == set(QUESTION.tables)
    assert all(set(row) == set(QUESTION.tables[table]) for table, row in rows)
    assert {row["depth"] for table, row in rows if table == "steps"} == {1, 2, 3, 5}
