"""The factor on fp16's loss."""

from __future__ import annotations

import math

from resnet_core.training.loss_scale import LossScale


def test_other_precisions_are_not_scaled() -> None:
    scale = LossScale(enabled=False)
    assert scale.accepts(1.0)
    assert not scale.accepts(math.nan)
    assert scale.factor == 1.0
    assert scale.exhausted


def test_an_overflow_halves_it_and_is_left_out() -> None:
    scale = LossScale(enabled=True)
    assert scale.factor == 65536
    assert not scale.accepts(math.inf)
    assert scale.factor == 32768
    assert not scale.exhausted
    assert scale.accepts(3.0)
    assert scale.factor == 32768


def test_2000_good_updates_double_it() -> None:
    scale = LossScale(enabled=True)
    for _ in range(1999):
        scale.accepts(1.0)
    later = LossScale(enabled=True)
    later.restore(scale.state())
    later.accepts(1.0)
    assert scale.factor == 65536
    assert later.factor == 131072


def test_it_is_exhausted_below_1() -> None:
    scale = LossScale(enabled=True)
    overflows = 0
    while not scale.exhausted:
        scale.accepts(math.nan)
        overflows += 1
    assert overflows == 17
