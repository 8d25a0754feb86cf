"""Scores of small maps against values worked out by hand, and against pandas."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch

from resnet_core.attribution import scores
from resnet_core.attribution.scores import rank_correlation, ranks


def _mask() -> torch.Tensor:
    mask = torch.zeros(1, 4, 4, dtype=torch.bool)
    mask[0, :2, :2] = True
    return mask


def test_shares_count_both_signs() -> None:
    values = torch.zeros(1, 4, 4)
    values[0, 0, 0], values[0, 1, 1], values[0, 3, 3] = 3.0, -1.0, -4.0
    assert float(scores.share_inside(values, _mask())[0]) == pytest.approx(0.5)
    assert scores.points_inside(values, _mask()).tolist() == [True]
    assert scores.points_inside(-values, _mask()).tolist() == [False]


def test_a_constant_map_scores_by_chance_and_an_empty_one_not_at_all() -> None:
    even, nothing = torch.ones(1, 4, 4), torch.zeros(1, 4, 4)
    assert float(scores.share_inside(even, _mask())[0]) == pytest.approx(0.25)
    assert float(scores.area(_mask())[0]) == 0.25
    assert math.isnan(float(scores.share_inside(nothing, _mask())[0]))
    assert scores.points_inside(nothing, _mask()).tolist() == [False]


def test_every_picture_is_scored_by_itself() -> None:
    values, masks = torch.rand(3, 4, 4), torch.rand(3, 4, 4) > 0.5
    masks[:, 0, 0] = True
    together = scores.share_inside(values, masks)
    alone = [scores.share_inside(v[None], m[None])[0] for v, m in zip(values, masks, strict=True)]
    assert torch.allclose(together, torch.stack(alone))


def test_ranks_and_their_correlation_are_those_of_pandas() -> None:
    random = np.random.default_rng(0)
    first, second = random.integers(0, 6, 50).astype(float), random.normal(size=50)
    assert ranks(torch.tensor(first)).tolist() == pd.Series(first).rank().tolist()
    expected = pd.Series(first).rank().corr(pd.Series(second).rank())
    found = rank_correlation(torch.tensor(first).view(5, 10), torch.tensor(second).view(5, 10))
    assert found == pytest.approx(expected)


def test_correlation_is_1_or_minus_1_at_most_and_nan_for_constants() -> None:
    values = torch.randn(30)
    assert rank_correlation(values, values.exp()) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)
    assert math.isnan(rank_correlation(values, torch.ones(30)))
