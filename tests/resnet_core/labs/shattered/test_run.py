"""Gradients against autograd, correlations against numpy, noises against theory, verdicts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from resnet_core.labs.events import Rows, Verdict
from resnet_core.labs.microscope.verdicts import Form
from resnet_core.labs.shattered import run as shattered
from resnet_core.labs.shattered.question import QUESTION, Settings
from resnet_core.labs.shattered.verdicts import at_the_end, half, part_of_bn

SMALL = Settings(depth=6, width=12, points=128, seeds=2)
CHANCE = 3
EPS = 1e-12  # torch asks for one; far below every variance here


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("form", ["plain", "residual"])
def test_the_gradient_is_autograds(form: Form, batch_norm: bool) -> None:
    settings = SMALL.model_copy(update={"batch_norm": batch_norm})
    weights, start, direction = shattered.drawn(settings, torch.Generator().manual_seed(CHANCE))
    found = shattered.gradients_along(form, settings, weights, start, direction)
    places = torch.linspace(-2, 2, settings.points).requires_grad_()
    x = start + places[:, None] * direction
    for weight, gradients in zip(weights, found, strict=True):
        # BN by torch's own function, its statistics given as constants.
        constants = x.detach()
        var = (constants.std(0, correction=0) + 1e-5) ** 2
        mean = constants.mean(0)
        inner = functional.batch_norm(x, mean, var - EPS, eps=EPS) if batch_norm else x
        branch = functional.relu(inner) @ weight
        x = branch + x if form == "residual" else branch
        for unit in (0, 7):
            # The statistics are constants: an input's units depend on its own place only.
            (expected,) = torch.autograd.grad(x[:, unit].sum(), places, retain_graph=True)
            assert torch.allclose(gradients[:, unit], expected, rtol=1e-3, atol=1e-4)


def test_autocorrelation_is_numpys() -> None:
    series = torch.randn(50, 3).cumsum(0)
    correlations = shattered.autocorrelation(series, 4)
    for unit in range(3):
        values = series[:, unit].double().numpy()
        values = values - values.mean()
        whole = np.correlate(values, values, mode="full")[49:54]
        np.testing.assert_allclose(correlations[:, unit], whole / whole[0], rtol=1e-4)
    assert torch.equal(correlations[0], torch.ones(3))


def test_a_gradient_that_never_changes_is_not_shattered() -> None:
    assert shattered.autocorrelation(torch.ones(20, 2), 3).eq(1).all()


def test_the_noises_are_what_they_are_called() -> None:
    settings = Settings(width=300, points=200)
    noises = shattered.noise_series(settings, torch.Generator().manual_seed(0))
    white, brown = (shattered.autocorrelation(noises[name], 1)[1] for name in ("white", "brown"))
    # White: mean -1/N, standard deviation 1 / sqrt(N) a series; brown: near 1.
    assert abs(white.mean() + 1 / 200) < 4 / math.sqrt(200 * 300)
    assert 0.9 < brown.mean() < 1


def test_one_wide_layer_has_the_correlation_of_theory() -> None:
    """Of two inputs at angle theta the gradients of W relu(x) agree by 1 - theta / pi."""
    width = 2000
    x, way = torch.randn(2, width), torch.randn(width)
    x[1] += x[0]  # at 45 degrees, about
    angle = torch.acos(functional.cosine_similarity(x[0], x[1], dim=0))
    weight = torch.randn(width, width) * (2 / width) ** 0.5
    _, gradients = shattered.layer("plain", x, way.expand(2, -1), weight, batch_norm=False)
    cosine = float(functional.cosine_similarity(gradients[0], gradients[1], dim=0))
    assert cosine == pytest.approx(1 - float(angle) / math.pi, abs=0.05)


def test_balduzzis_ordering_holds_with_bn_at_50_layers() -> None:
    settings = Settings(depth=50, width=60, points=128, seeds=2)
    verdicts = [e for e in shattered.run(settings) if isinstance(e, Verdict)]
    assert verdicts[0].finding == "plain_shatters"
    assert all(QUESTION.sentence(verdict) for verdict in verdicts)


def test_every_row_has_its_tables_columns() -> None:
    rows = [(e.table, row) for e in shattered.run(SMALL) if isinstance(e, Rows) for row in e.rows]
    assert {table for table, _ in rows} == set(QUESTION.tables)
    assert all(set(row) == set(QUESTION.tables[table]) for table, row in rows)
    seeds = {row["seed"] for table, row in rows if table == "depths"}
    assert seeds == {0, 1}
    kinds = {(row["form"], row["batch_norm"]) for table, row in rows if table == "depths"}
    assert len(kinds) == 4


def test_overflow_is_named_with_its_layer_and_gives_no_verdict() -> None:
    """Without BN a residual network doubles its square from layer to layer."""
    settings = Settings(depth=200, width=40, points=128, seeds=1, batch_norm=False)
    events = list(shattered.run(settings))
    (verdict,) = [event for event in events if isinstance(event, Verdict)]
    assert verdict.finding == "overflow_residual"
    # float32 ends at 2^128; products of gradients, which correlations need, at its root.
    assert 50 < int(str(verdict.values["layer"])) < 140
    assert f"layer {verdict.values['layer']} of 200" in QUESTION.sentence(verdict)
    values = [
        row["correlation"]
        for event in events
        if isinstance(event, Rows) and event.table == "depths"
        for row in event.rows
    ]
    assert None in values
    assert all(value is None or math.isfinite(value) for value in values)


def test_bn_has_most_of_the_part_in_shattering() -> None:
    settings = Settings(depth=50, width=100, points=256, seeds=3)
    verdict = [e for e in shattered.run(settings) if isinstance(e, Verdict)][-1]
    assert verdict.finding == "bn_shatters"
    assert float(str(verdict.values["without"])) == pytest.approx(0.68, abs=0.15)


def test_the_part_of_bn_goes_either_way_or_is_refused() -> None:
    def finding(with_bn: tuple[float, float], without: tuple[float, float]) -> str:
        verdict = part_of_bn(torch.tensor(with_bn), torch.tensor(without), 50)
        assert QUESTION.sentence(verdict)
        return verdict.finding

    assert finding((0.0, 0.01), (0.7, 0.71)) == "bn_shatters"
    assert finding((0.7, 0.71), (0.7, 0.71)) == "bn_no_part"
    assert finding((0.0, 0.4), (0.7, 0.2)) == "bn_undecided"


NOISES = {"white": 0.0, "brown": 0.97}


@pytest.mark.parametrize(
    ("plain", "residual", "finding"),
    [
        (0.0, 0.7, "plain_shatters"),
        (0.7, 0.2, "residual_shatters"),
        (0.05, 0.1, "both_shatter"),
        (0.7, 0.72, "alike"),
        (0.6, 0.72, "undecided"),
    ],
)
def test_who_shatters_follows_from_the_correlations(
    plain: float, residual: float, finding: str
) -> None:
    curves = {"plain": [0.9, plain], "residual": [0.9, residual]}
    verdict = at_the_end(curves, NOISES, Settings(), 0.05)
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)


@pytest.mark.parametrize(
    ("plain", "residual", "finding"),
    [
        ([0.9, 0.4], [0.9, 0.8], "half_plain"),
        ([0.9, 0.8], [0.4, 0.3], "half_residual"),
        ([0.9, 0.4], [0.4, 0.3], "half_both"),
        ([0.9, 0.8], [0.9, 0.8], "half_neither"),
    ],
)
def test_where_one_half_is_passed(plain: list[float], residual: list[float], finding: str) -> None:
    verdict = half({"plain": plain, "residual": residual})
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)
