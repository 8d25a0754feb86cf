"""Updates in fp16, whose loss is scaled so that small gradients do not vanish."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from resnet_core.data.dataset import Dataset
from resnet_core.experiments.experiment import Experiment
from resnet_core.training.session import Session

Make = Callable[..., Experiment]


@pytest.fixture
def session(make: Make, tiny: Dataset) -> Session:
    return Session(make(precision="fp16", learning_rate=0.01), tiny)


def _overflow(session: Session) -> None:
    session.state.model.fc.weight.register_hook(lambda gradient: gradient * torch.inf)


def test_an_overflow_halves_the_scale_and_makes_no_update(session: Session) -> None:
    assert session.state.scaler.get_scale() == 65536
    before = session.state.model.fc.weight.clone()
    _overflow(session)
    update = session.stepper.next()
    assert not update.diverged
    assert not update.result.finite
    assert torch.equal(session.state.model.fc.weight, before)
    assert session.state.scaler.get_scale() == 32768


def test_an_update_keeps_the_scale(session: Session) -> None:
    before = session.state.model.fc.weight.clone()
    session.step()
    assert not torch.equal(session.state.model.fc.weight, before)
    assert session.state.scaler.get_scale() == 65536


def test_2000_updates_without_overflow_double_the_scale(
    session: Session, make: Make, tiny: Dataset
) -> None:
    session.step()
    checkpoint = session.checkpoint()
    assert checkpoint.training["loss_scale"] == {"factor": 65536.0, "since_change": 1}
    checkpoint.training["loss_scale"]["since_change"] = 1999
    later = Session(session.state.experiment, tiny, checkpoint)
    later.step()
    assert later.state.scaler.get_scale() == 131072
    assert later.checkpoint().training["loss_scale"] == {"factor": 131072.0, "since_change": 0}


def test_training_ends_where_the_scale_falls_below_1(session: Session) -> None:
    _overflow(session)
    updates = 0
    while not session.stepper.next().diverged:
        updates += 1
    assert updates == 16
