"""Jacobians against finite differences, folding against kernels written out, verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from resnet_core.labs.events import Progress, Rows, Verdict
from resnet_core.labs.start import run as start
from resnet_core.labs.start.question import QUESTION, Settings
from resnet_core.labs.start.verdicts import (
    OTHERS,
    REMEDIES,
    ROLES,
    Fold,
    about_gap,
    directions,
    folding,
)
from resnet_core.labs.tools.chain import Chain
from resnet_core.labs.tools.derived_networks import set_batch_statistics
from resnet_core.labs.tools.intervals import Groups
from resnet_core.labs.tools.starts import dirac_layers, folded
from resnet_core.labs.tools.trained_network import logits
from resnet_core.networks.catalog import response_sites

SMALL = Settings(depth=14, iterations=30, train_images=64, data="shapes")


@pytest.mark.parametrize("role", ["he", "residual", "dirac_leaky"])
def test_the_jacobian_is_that_of_finite_differences(role: str) -> None:
    images = start.pictures(SMALL, 16).double()
    model = set_batch_statistics(start.initial(SMALL, role, 0).double(), images)
    found = start.jacobian(model, images[0])
    chain = Chain.of(model)
    x = chain.stem(images[:1]).detach()

    def after(x: torch.Tensor) -> torch.Tensor:
        for _, block in chain.blocks:
            x = block(x)
        return x.flatten().detach()

    assert found.shape == (len(after(x)), x.numel())
    for unit in range(3, x.numel(), 97):
        nudge = torch.zeros_like(x)
        nudge.view(-1)[unit] = 1e-7
        slope = (after(x + nudge) - after(x - nudge)) / 2e-7
        torch.testing.assert_close(found[:, unit], slope, rtol=1e-3, atol=1e-5)


def test_the_spectrum_is_numpys_of_the_jacobians() -> None:
    images = start.pictures(SMALL, 16)
    model = set_batch_statistics(start.initial(SMALL, "residual", 0), images)
    jacobians = [start.jacobian(model, image).double().numpy() for image in images[:4]]
    expected = np.mean([np.linalg.svd(one, compute_uv=False) for one in jacobians], axis=0)
    found = start.spectrum(start.initial(SMALL, "residual", 0), images)
    np.testing.assert_allclose(found, expected, atol=1e-5 * expected[0])


def test_a_dirac_network_folds_into_kernels_written_out() -> None:
    """The middle of a kernel's own channel gets 1; outputs stay equal to 1e-5 in float32."""
    images = start.pictures(SMALL, 32)
    model = start.initial(SMALL, "he", 0)
    with torch.no_grad():
        for site in response_sites(model):
            site.conv.weight.mul_(0.3)
    with dirac_layers(model):
        before = logits(set_batch_statistics(model, images), images)
    plain = folded(model)
    assert float((logits(plain, images) - before).abs().max()) <= 1e-5
    assert not torch.allclose(logits(model, images), before, atol=1e-2)  # the hooks are gone
    for site, own in zip(response_sites(plain), response_sites(model), strict=True):
        expected = own.conv.weight.detach().numpy().copy()
        for channel in range(min(expected.shape[:2])):
            expected[channel, channel, 1, 1] += 1
        np.testing.assert_array_equal(site.conv.weight.detach().numpy(), expected)


def test_orthogonal_kernels_keep_every_length() -> None:
    model = start.initial(SMALL, "orthogonal", 0)
    for site in response_sites(model)[1:]:
        weight = site.conv.weight.detach()
        matrix = weight[:, :, 1, 1]
        assert int((weight != 0).sum()) == int((matrix != 0).sum())
        least = min(matrix.shape)
        singular = torch.linalg.svdvals(matrix)
        torch.testing.assert_close(singular, torch.ones(least), atol=1e-5, rtol=0)


def test_it_folds_after_training_and_its_tables_fill() -> None:
    events = list(start.run(SMALL))
    rows = [(e.table, row) for e in events if isinstance(e, Rows) for row in e.rows]
    assert {table for table, _ in rows} == set(QUESTION.tables)
    assert all(set(row) == set(QUESTION.tables[table]) for table, row in rows)
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.steps == last.total
    found = [event for event in events if isinstance(event, Verdict)]
    assert found[-1].finding == "folds"
    assert float(str(found[-1].values["outputs"])) <= 1e-5
    assert all(QUESTION.sentence(verdict) for verdict in found)
    seeds = {
        role: {r["seed"] for t, r in rows if t == "errors" and r["role"] == role} for role in ROLES
    }
    assert all(len(each) == (1 if role in OTHERS else 2) for role, each in seeds.items())


def _gap(**errors: tuple[float, ...]) -> list[str]:
    usual = {"he": (85.0, 87.0), "residual": (40.0, 42.0)}
    treated = {role: (60.0, 62.0) for role in REMEDIES}
    found = list(about_gap(Groups({**usual, **treated, **errors}, 1000), Settings()))
    assert all(QUESTION.sentence(verdict) for verdict in found)
    return [verdict.finding for verdict in found]


@pytest.mark.parametrize("role", REMEDIES)
@pytest.mark.parametrize(
    ("errors", "finding"),
    [
        ((45.0, 47.0), "most"),
        ((76.0, 77.0), "some"),
        ((85.0, 86.0), "little"),
        ((40.0, 86.0), "undecided"),
    ],
)
def test_what_a_start_closes_goes_either_way(
    role: str, errors: tuple[float, float], finding: str
) -> None:
    found = _gap(**{role: errors})
    assert found[0] == "gap"
    assert f"{role}_{finding}" in found


def test_without_a_gap_there_is_nothing_to_explain() -> None:
    assert _gap(he=(40.0, 43.0)) == ["gap_undecided"]
    assert _gap(residual=(88.0, 89.0)) == ["nothing_learned"]


def test_where_nothing_passes_no_direction_counts() -> None:
    """All singular values 0: none is above 1 % of the largest."""
    spectra: dict[str, Any] = dict.fromkeys(ROLES, np.geomspace(1, 1e-4, 100))
    verdict = directions(spectra | {"dirac": np.zeros(100)})
    assert verdict.values["dirac"] == 0


@pytest.mark.parametrize(
    ("residual", "finding"),
    [(0.5, "directions_more"), (1e-4, "directions_fewer"), (2e-3, "directions_same")],
)
def test_directions_pass_or_not(residual: float, finding: str) -> None:
    falling = np.geomspace(1, 1e-4, 100)  # half of them above 1 %
    own = {"directions_same": falling}.get(finding, np.full(100, residual))
    own[0] = 1.0
    spectra: dict[str, Any] = dict.fromkeys(ROLES, falling) | {"residual": own}
    verdict = directions(spectra)
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)


@pytest.mark.parametrize(
    ("outputs", "weights", "finding"),
    [(1e-9, 0.0, "folds"), (1e-3, 0.0, "folds_not"), (1e-9, 0.1, "folds_not")],
)
def test_a_fold_that_changes_something_is_said(
    outputs: float, weights: float, finding: str
) -> None:
    verdict = folding(Fold(outputs, weights, 200, 43, 30))
    assert verdict.finding == finding
    assert QUESTION.sentence(verdict)
