"""The order of the training images."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.training.batches.order import Order

CPU = torch.device("cpu")


@given(images=st.integers(2, 30), batch=st.integers(1, 30), batches=st.integers(1, 20))
def test_every_image_once_a_pass(images: int, batch: int, batches: int) -> None:
    order = Order(images, batch, seed=0, device=CPU)
    drawn = torch.cat([order.next() for _ in range(batches)]).tolist()
    assert len(drawn) == batch * batches
    for start in range(0, len(drawn), images):
        one_pass = drawn[start : start + images]
        assert len(set(one_pass)) == len(one_pass)
    if len(drawn) >= images:
        assert sorted(drawn[:images]) == list(range(images))


def test_each_pass_has_its_own_order() -> None:
    order = Order(50, 50, seed=0, device=CPU)
    first, second = order.next().tolist(), order.next().tolist()
    assert first != second
    assert first != list(range(50))


def test_the_seed_decides() -> None:
    first, same, other = (Order(50, 50, seed, CPU).next().tolist() for seed in (1, 1, 2))
    assert first == same
    assert first != other


@pytest.mark.parametrize("cut", range(9))
def test_restored_anywhere(cut: int) -> None:
    order = Order(10, 4, seed=0, device=CPU)
    for _ in range(cut):
        order.next()
    later = Order(10, 4, seed=99, device=CPU)
    later.restore(order.state())
    for _ in range(7):
        assert later.next().tolist() == order.next().tolist()


def test_the_state_does_not_move_with_the_order() -> None:
    order = Order(10, 4, seed=0, device=CPU)
    order.next()
    state = order.state()
    expected = [order.next().tolist() for _ in range(9)]
    order.restore(state)
    assert [order.next().tolist() for _ in range(9)] == expected
