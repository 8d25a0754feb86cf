"""Signals against a forward pass written out, theory against draws, verdicts either way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from resnet_core.labs.events import Progress, Rows, Verdict
from resnet_core.labs.exploding import run as exploding
from resnet_core.labs.exploding.question import QUESTION, Settings
from resnet_core.labs.exploding.verdicts import (
    Kind,
    Network,
    compared,
    plain,
    predicted,
    prediction,
    verdicts,
    without_bn,
)
from resnet_core.networks.catalog import response_sites

SMALL = Settings(deepest=20, seeds=2, images=16, width=4, data="shapes")


@pytest.mark.parametrize("kind", ["plain", "leaky", "dirac", "plain_no_bn"])
def test_signals_are_autograds_of_a_pass_written_out(kind: Kind) -> None:
    """Without the product's modules: torch's functions, layer by layer, in float64."""
    images, labels = exploding.pictures(SMALL)
    model = exploding.initial(SMALL, kind, 8, 3)
    found = exploding.measured(model, images, labels, 0.7).signals

    x, outputs = images.double(), []
    for site in response_sites(model):
        weight, bias = site.conv.weight.double(), site.conv.bias
        y = functional.conv2d(
            x, weight, None if bias is None else bias.double(), site.conv.stride, padding=1
        )
        y.retain_grad()
        outputs.append(y)
        if site.bn is not None:
            mean, var = y.mean((0, 2, 3), keepdim=True), y.var((0, 2, 3), False, keepdim=True)
            y = (y - mean) / (var + site.bn.eps).sqrt()
        x = torch.where(y > 0, y, (0.7 if kind == "leaky" else 0.0) * y)
    head = model.get_submodule("fc")
    logits = x.mean((2, 3)) @ head.weight.double().T + head.bias.double()
    functional.cross_entropy(logits, labels).backward()
    expected = [float(output.grad.norm()) for output in outputs if output.grad is not None]
    assert len(expected) == 7
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_residual_signal_is_the_derivative_of_the_loss() -> None:
    """Along the gradient's direction the loss of a nudged response changes by the norm."""
    images, labels = exploding.pictures(SMALL)
    model = exploding.initial(SMALL, "residual", 8, 1).double().train()
    signals = exploding.measured(model, images.double(), labels, 0.7).signals
    site = response_sites(model)[2]
    nudge: Any = 0.0
    hook = site.conv.register_forward_hook(lambda _, __, output: output + nudge)

    def loss() -> torch.Tensor:
        return functional.cross_entropy(model(images.double()), labels)

    nudge = torch.zeros_like(site.conv(images.double().mean(1, True).expand(-1, 4, -1, -1)))
    nudge.requires_grad_()
    (direction,) = torch.autograd.grad(loss(), nudge)
    unit, ends = direction / direction.norm(), []
    for sign in (1, -1):
        nudge = sign * 1e-5 * unit.detach()
        ends.append(float(loss().detach()))
    hook.remove()
    assert signals[2] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4)


@pytest.mark.parametrize("slope", [0.0, 0.3, 0.7])
def test_the_prediction_is_that_of_drawn_numbers(slope: float) -> None:
    z = np.random.default_rng(0).standard_normal(2_000_000)
    outputs, slopes = np.where(z > 0, z, slope * z), np.where(z > 0, 1.0, slope)
    assert predicted(slope) == pytest.approx(math.sqrt((slopes**2).mean() / outputs.var()), 1e-3)
    assert predicted(0.0) == pytest.approx(math.sqrt(math.pi / (math.pi - 1)))
    assert predicted(1.0) == 1


def test_alike_is_the_mean_cosine_of_two_pictures() -> None:
    responses = torch.randn(6, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    flat = responses.flatten(1)
    pairs = [
        float(functional.cosine_similarity(flat[i], flat[j], dim=0))
        for i in range(6)
        for j in range(i)
    ]
    assert exploding.alike(responses) == pytest.approx(float(np.mean(pairs)), abs=1e-6)


def test_deep_plain_networks_explode_and_the_remedies_help() -> None:
    """A factor of 1e4 at 56 layers, as deep as a test can wait for; one image size for all."""
    settings = Settings(deepest=56, seeds=3, images=32, data="shapes")
    found = [e for e in exploding.run(settings) if isinstance(e, Verdict)]
    assert found[0].finding == "explodes"
    assert {"leaky_less", "residual_less"} <= {verdict.finding for verdict in found}
    assert all(QUESTION.sentence(verdict) for verdict in found)


def test_tables_and_progress() -> None:
    events = list(exploding.run(SMALL))
    rows = [(e.table, row) for e in events if isinstance(e, Rows) for row in e.rows]
    assert {table for table, _ in rows} == set(QUESTION.tables)
    assert all(set(row) == set(QUESTION.tables[table]) for table, row in rows)
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.steps == last.total
    assert {row["depth"] for _, row in rows} == {8, 20}


def _networks(*ratios: float, kind: Kind = "plain", depth: int = 110, alike: float = 0.5) -> Any:
    return [
        Network(kind, depth, seed, depth - 1, ratio, alike) for seed, ratio in enumerate(ratios)
    ]


@pytest.mark.parametrize(
    ("ratios", "finding"),
    [
        ((1e7, 2e7, 3e7), "explodes"),
        ((1e-4, 2e-4, 3e-4), "vanishes"),
        ((0.9, 1.0, 1.1), "steady"),
        ((0.1, 10.0, 1000.0), "undecided"),
        ((1e7, math.inf, 1e7), "no_number"),
        ((0.0, 1.0, 1.0), "no_number"),
    ],
)
def test_what_the_signal_does_follows_from_the_ratios(ratios: Any, finding: str) -> None:
    verdict = plain(_networks(*ratios), _networks(10.0, 10.0, depth=56))
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)


@pytest.mark.parametrize(
    ("a_layer", "finding"),
    [
        ((1.20, 1.205, 1.21), "predicted"),
        ((1.02, 1.03, 1.04), "not_predicted"),
        ((1.31, 1.32, 1.33), "not_predicted"),
        ((1.05, 1.2, 1.35), "prediction_open"),
    ],
)
def test_theory_agrees_or_not(a_layer: Any, finding: str) -> None:
    verdict = prediction(_networks(*(growth**108 for growth in a_layer)))
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)


@pytest.mark.parametrize("kind", ["residual", "leaky", "dirac"])
@pytest.mark.parametrize(
    ("ratios", "finding"),
    [
        ((10.0, 11.0, 12.0), "less"),
        ((1e9, 1e9, 1.1e9), "more"),
        ((1e6, 1.1e6, 1e6), "same"),
        ((1e3, 1e6, 1e9), "undecided"),
    ],
)
def test_a_remedy_helps_or_not(kind: Kind, ratios: Any, finding: str) -> None:
    verdict = compared(kind, _networks(*ratios, kind=kind), _networks(1e6, 1e6, 1e6), Settings())
    assert verdict.finding == f"{kind}_{finding}"
    assert QUESTION.sentence(verdict)


@pytest.mark.parametrize(
    ("cosines", "finding"),
    [((0.98, 0.99), "no_bn_alike"), ((0.1, 0.11), "no_bn_apart"), ((0.2, 0.99), "no_bn_undecided")],
)
def test_without_bn_pictures_become_alike_or_not(cosines: Any, finding: str) -> None:
    networks = [
        Network("plain_no_bn", 110, seed, 109, 0.01, cosine) for seed, cosine in enumerate(cosines)
    ]
    verdict = without_bn(networks, _networks(1.0, 1.0))
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)


def test_a_kind_whose_signal_overflows_is_named_and_compared_with_none() -> None:
    kinds: tuple[Kind, ...] = ("plain", "residual", "leaky", "dirac", "plain_no_bn")
    networks = [
        one
        for kind in (*kinds, "residual_no_bn")
        for depth in (56, 110)
        for one in _networks(*([math.inf] * 2 if kind == "dirac" else [10.0, 11.0]), kind=kind)
        for one in [Network(one.kind, depth, one.seed, depth - 1, one.ratio, one.alike)]
    ]
    found = [verdict.finding for verdict in verdicts(networks, Settings())]
    assert "overflow_dirac" in found
    assert not any(finding.startswith("dirac") for finding in found)
    assert all(QUESTION.sentence(one) for one in verdicts(networks, Settings()))
