"""The events of training, in order, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from resnet_core.anatomy.describe import describe
from resnet_core.data.dataset import Dataset
from resnet_core.errors import InvalidSetting, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.telemetry.events import (
    Diverged,
    Event,
    Finished,
    Measurement,
    Started,
    Stepped,
)
from resnet_core.training.checkpoint.files import weights_sha256
from resnet_core.training.loop import train
from resnet_core.training.session import Session

Make = Callable[..., Experiment]


def _measurements(events: list[Event]) -> list[Measurement]:
    return [event for event in events if isinstance(event, Measurement)]


def test_the_order_of_events(make: Make, tiny: Dataset) -> None:
    events = list(train(Session(make(), tiny)))
    expected: list[tuple[type, int]] = [(Started, 0), (Measurement, 0)]
    for iteration in range(1, 15):
        if iteration in {3, 5, 6, 7, 9, 10, 12, 14}:
            expected.append((Measurement, iteration))
        expected.append((Stepped, iteration))
    expected.append((Finished, 14))
    assert [(type(event), event.iteration) for event in events] == expected


def test_started_states_the_facts(make: Make, tiny: Dataset) -> None:
    experiment = make()
    started = Session(experiment, tiny).started()
    anatomy = describe(experiment.network_spec(8, 3, 4))
    assert started.layers == anatomy.layers_3x3
    assert started.blocks == anatomy.block_names
    assert started.parameters == anatomy.parameters
    assert (started.data, started.train_images, started.test_images) == ("greys", 40, 16)
    assert (started.device, started.precision, started.threads) == ("cpu", "fp32", 1)


def test_measurements_say_what_happened(make: Make, tiny: Dataset) -> None:
    session = Session(make(learning_rate=0.05, milestones=(6,)), tiny)
    found = {m.iteration: m for m in _measurements(list(train(session)))}
    assert {i for i, m in found.items() if m.train_error is not None} == {7, 14}
    assert {i for i, m in found.items() if m.test_error is not None} == {7, 14}
    assert {i for i, m in found.items() if m.audit_error is not None} == {0, 5, 10}
    assert all(m.audit_error < 1e-5 for m in found.values() if m.audit_error is not None)
    assert all(m.running_error is not None for m in found.values())
    assert found[0].images_per_second == 0
    assert all(m.images_per_second > 0 for i, m in found.items() if i)
    rates = {i: m.learning_rate for i, m in found.items()}
    assert all(rate == pytest.approx(0.05 if i <= 6 else 0.005) for i, rate in rates.items())
    assert found[5].epoch == pytest.approx(5 * 16 / 40)
    seconds = [m.seconds for m in found.values()]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0
    for measurement in found.values():
        assert measurement.response_std.shape == measurement.gradient_norm.shape == (7,)
        assert measurement.branch_ratio.shape == (3,)
        assert measurement.response_std.dtype == np.float32
        assert np.all(measurement.response_std > 0)
        assert np.all(measurement.gradient_norm > 0)


def test_running_error_is_of_the_batches_since_the_last_record(make: Make, tiny: Dataset) -> None:
    every = _measurements(list(train(Session(make(record_every=1, iterations=12), tiny))))
    errors = {m.iteration: m.running_error for m in every}
    wrong = [error * 16 / 100 for error in errors.values()]  # of a batch's images; percent
    assert max(wrong) >= 1
    assert wrong == pytest.approx(np.round(wrong))
    seldom = make(record_every=4, evaluate_every=100, audit_every=0, iterations=12)
    for measurement in _measurements(list(train(Session(seldom, tiny))))[1:]:
        last = range(measurement.iteration - 3, measurement.iteration + 1)
        assert measurement.running_error == pytest.approx(np.mean([errors[i] for i in last]))


def test_the_first_look_is_the_first_updates_pass(make: Make, tiny: Dataset) -> None:
    """It is measured before that update, so both show the same network on the same images."""
    looked, first = _measurements(list(train(Session(make(record_every=1), tiny))))[:2]
    assert (looked.iteration, first.iteration) == (0, 1)
    assert looked.loss == first.loss
    assert looked.running_error == first.running_error
    np.testing.assert_array_equal(looked.response_std, first.response_std)
    np.testing.assert_array_equal(looked.gradient_norm, first.gradient_norm)


def test_finished_agrees_with_the_network(make: Make, tiny: Dataset) -> None:
    session = Session(make(), tiny)
    events = list(train(session))
    finished, last = events[-1], _measurements(events)[-1]
    assert isinstance(finished, Finished)
    assert (finished.train_error, finished.test_error) == (last.train_error, last.test_error)
    assert finished.weights_sha256 == weights_sha256(session.state.model.state_dict())
    assert finished.weights_sha256 == weights_sha256(session.checkpoint().weights)
    assert finished.seconds == session.state.seconds


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("family", ["plain", "resnet", "highway", "preresnet"])
def test_same_seed_same_weights(make: Make, tiny: Dataset, family: str, precision: str) -> None:
    experiment = make(network=f"cifar/{family}-8", precision=precision, iterations=6)
    digests = []
    for seed in (3, 3, 4):
        torch.rand(3)  # torch's own random state has no part in a run
        events = list(train(Session(experiment.changed(seed=seed), tiny)))
        assert isinstance(events[-1], Finished)
        digests.append(events[-1].weights_sha256)
    assert digests[0] == digests[1] != digests[2]


def test_measuring_changes_nothing(make: Make, tiny: Dataset) -> None:
    digests = set()
    for every in (1, 2, 100):
        experiment = make(record_every=every, evaluate_every=every, audit_every=every % 100)
        finished = list(train(Session(experiment, tiny)))[-1]
        assert isinstance(finished, Finished)
        digests.add(finished.weights_sha256)
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("family", "batch_norm"), [("plain", True), ("resnet", True), ("resnet", False)]
)
def test_a_tiny_set_is_learnt_by_heart(
    make: Make, tiny: Dataset, family: str, batch_norm: bool
) -> None:
    experiment = make(
        network=f"cifar/{family}-8",
        batch_norm=batch_norm,
        learning_rate=0.05 if batch_norm else 0.01,
        iterations=150,
        record_every=150,
        evaluate_every=150,
        audit_every=0,
        crop_padding=0,
        flip=False,
    )
    *_, measured, _, finished = train(Session(experiment, tiny))
    assert isinstance(measured, Measurement)
    assert isinstance(finished, Finished)
    assert measured.loss < 0.2
    assert finished.train_error == 0
    assert finished.test_error <= 12.5


def test_bf16_learns_as_fp32_does(make: Make, tiny: Dataset) -> None:
    losses = {}
    for precision in ("fp32", "bf16"):
        *_, last, _, _ = train(Session(make(precision=precision, learning_rate=0.01), tiny))
        assert isinstance(last, Measurement)
        losses[precision] = last.loss
    assert losses["fp32"] != losses["bf16"]
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.1)


def test_fp16_trains_on_a_cpu_as_fp32_does(make: Make, tiny: Dataset) -> None:
    session = Session(make(precision="fp16", learning_rate=0.01, iterations=4), tiny)
    reference = Session(make(precision="fp32", learning_rate=0.01, iterations=4), tiny)
    mine, theirs = (_measurements(list(train(s))) for s in (session, reference))
    for half, full in zip(mine, theirs, strict=True):
        assert half.loss == pytest.approx(full.loss, rel=0.02)
        np.testing.assert_allclose(half.gradient_norm, full.gradient_norm, rtol=0.2)
        np.testing.assert_allclose(half.response_std, full.response_std, rtol=0.02)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_rate_of_100_diverges(make: Make, tiny: Dataset, precision: str) -> None:
    experiment = make(
        network="cifar/plain-8",
        batch_norm=False,
        learning_rate=100,
        record_every=1,
        precision=precision,
        iterations=100,
    )
    session = Session(experiment, tiny)
    events, weights = [], {}
    for event in train(session):
        events.append(event)
        if isinstance(event, Stepped):
            weights = {name: p.clone() for name, p in session.state.model.named_parameters()}
    last = events[-1]
    assert isinstance(last, Diverged)
    assert 0 < last.iteration < 100
    assert events[-2] == Stepped(last.iteration)
    assert not last.loss < 1e20  # not a number, infinite, or with an infinite gradient
    assert str(last.advice) == (
        "Without batch normalisation a learning_rate of 100 is too high: use 0.1, "
        "or turn batch_norm on."
    )
    for name, parameter in session.state.model.named_parameters():
        assert torch.equal(parameter, weights[name])  # no update was made with it
        assert torch.isfinite(parameter).all()
    with pytest.raises(WrongState, match="diverged"):
        session.checkpoint()


def test_a_gradient_that_is_not_finite_ends_the_run_too(make: Make, tiny: Dataset) -> None:
    session = Session(make(record_every=100), tiny)
    events = train(session)
    while not isinstance(next(events), Stepped):
        pass
    before = {name: p.clone() for name, p in session.state.model.named_parameters()}
    session.state.model.fc.weight.register_hook(lambda gradient: gradient * torch.inf)
    last = next(events)
    assert isinstance(last, Diverged)
    assert np.isfinite(last.loss)
    assert list(events) == []
    for name, parameter in session.state.model.named_parameters():
        assert torch.equal(parameter, before[name])


def test_a_network_that_overflows_at_once(make: Make, tiny: Dataset) -> None:
    session = Session(make(batch_norm=False), tiny)
    with torch.no_grad():
        session.state.model.fc.weight.fill_(torch.inf)
    events = list(train(session))
    assert [type(event) for event in events] == [Started, Diverged]
    assert events[-1].iteration == 0


def test_a_batch_beyond_the_data_is_refused(make: Make, tiny: Dataset) -> None:
    with pytest.raises(InvalidSetting, match=r"batch_size: 41 is more than the 40 .* at most 40"):
        Session(make(batch_size=41), tiny)


def test_the_whole_set_as_one_batch_and_grey_images(make: Make, tiny: Dataset) -> None:
    def grey(images: object) -> object:
        return replace(images, images=images.images[..., :1])  # type: ignore[attr-defined]

    data = replace(tiny, train=grey(tiny.train), test=grey(tiny.test))
    events = list(train(Session(make(batch_size=40, iterations=2), data)))
    assert isinstance(events[-1], Finished)
