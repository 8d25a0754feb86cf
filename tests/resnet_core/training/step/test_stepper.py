"""Updates made in chunks: on the CPU with a stand-in for the graph, on a GPU with CUDA's.

The stand-in runs the update's body anew on the same tensors and leaves what it shows where it
was, as a graph does; what it cannot show is whether CUDA can capture the body.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from resnet_core.data import augment
from resnet_core.data.augment import Draw
from resnet_core.data.dataset import Dataset
from resnet_core.errors import WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.catalog import architecture
from resnet_core.telemetry.events import Diverged, Event, Finished, Measurement, Stepped
from resnet_core.telemetry.probes import Probes
from resnet_core.training.device import Execution
from resnet_core.training.loop import train
from resnet_core.training.session import Session
from resnet_core.training.step import stepper
from resnet_core.training.step.backpropagation import Backpropagation
from resnet_core.training.step.stepper import EagerStepper, GraphStepper, ReplayMismatch
from tests.graph_stand_in import Again, use_stand_in

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


TIMES = {"seconds", "images_per_second"}
# The two ways round updates differently. Where that moves one element across 0, a ReLU's gradient
# jumps and the weights differ by 1e-3 a few updates later; a smooth nonlinearity stays at 1e-6.
SMOOTH = {"learning_rate": 0.02, "activation": "tanh"}

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")


def _captured(experiment: Experiment, data: Dataset, *given: object) -> Session:
    session = Session(experiment, data, *given)  # type: ignore[arg-type]
    use_stand_in(session)
    return session


def _measured(events: list[Event]) -> list[Measurement]:
    return [event for event in events if isinstance(event, Measurement)]


def _assert_alike(found: list[Event], expected: list[Event], tolerance: float) -> None:
    """The same measurements, at the same iterations."""
    for mine, other in zip(_measured(found), _measured(expected), strict=True):
        for name in (field.name for field in fields(Measurement) if field.name not in TIMES):
            one, two = getattr(mine, name), getattr(other, name)
            assert (one is None) == (two is None), name
            if one is not None and name != "audit_error":
                np.testing.assert_allclose(one, two, tolerance, 1e-6, err_msg=name)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"record_every": 1},
        {"precision": "bf16"},
        {"crop_padding": 0, "flip": False},
        {"audit_every": 0, "evaluate_every": 14},
        {"network": "cifar/preresnet-8", "batch_norm": False, "learning_rate": 0.01},
        {"warmup": "linear", "warmup_iterations": 5, "milestones": (6, 9)},
    ],
    ids=lambda changes: "-".join(changes) or "usual",
)
def test_it_trains_as_eager_training_does(
    make: Make, tiny: Dataset, changes: dict[str, Any]
) -> None:
    experiment = make(**{**SMOOTH, **changes})
    sessions = [Session(experiment, tiny), _captured(experiment, tiny)]
    eager, chunked = (list(train(session)) for session in sessions)
    tolerance = 0.05 if experiment.precision == "bf16" else 1e-3
    _assert_alike(chunked, eager, tolerance)
    ends = [event.iteration for event in chunked if isinstance(event, Stepped)]
    assert len(ends) < experiment.iterations
    assert ends[-1] == experiment.iterations
    if experiment.precision == "fp32":
        weights = [session.state.model.state_dict() for session in sessions]
        for name, tensor in weights[0].items():
            torch.testing.assert_close(weights[1][name], tensor, rtol=1e-3, atol=1e-5, msg=name)


def test_preparing_it_changes_nothing(make: Make, tiny: Dataset) -> None:
    plain, prepared = Session(make(), tiny), _captured(make(), tiny)
    for mine, other in zip(
        (*prepared.state.optimizer.tensors(), *prepared.state.model.buffers()),
        (*plain.state.optimizer.tensors(), *plain.state.model.buffers()),
        strict=True,
    ):
        assert torch.equal(mine, other)
    for mine, other in zip(prepared.state.batches.next(), plain.state.batches.next(), strict=True):
        assert torch.equal(mine, other)


def test_a_warm_up_by_error_ends_at_the_same_update(make: Make, tiny: Dataset) -> None:
    experiment = make(
        warmup="until-error", batch_size=40, iterations=140, record_every=1, evaluate_every=140
    )
    rates = [
        [m.learning_rate for m in _measured(list(train(session)))]
        for session in (Session(experiment, tiny), _captured(experiment, tiny))
    ]
    assert rates[0] == rates[1]
    assert max(rates[0]) == pytest.approx(10 * rates[0][0])  # warm before the first milestone


def test_each_update_has_its_share_of_the_time(make: Make, tiny: Dataset) -> None:
    found = _measured(list(train(_captured(make(record_every=1, audit_every=0), tiny))))
    assert all(m.images_per_second > 0 for m in found[1:])
    seconds = [m.seconds for m in found]
    assert all(before < after for before, after in pairwise(seconds))


def test_it_diverges_where_eager_training_does(make: Make, tiny: Dataset) -> None:
    experiment = make(learning_rate=100, batch_norm=False, record_every=1, audit_every=0)
    eager, session = Session(experiment, tiny), _captured(experiment, tiny)
    expected, found = list(train(eager))[-1], list(train(session))[-1]
    assert isinstance(found, Diverged)
    assert isinstance(expected, Diverged)
    assert found.iteration == expected.iteration > 0
    assert found.loss == pytest.approx(expected.loss, rel=1e-3)
    with pytest.raises(WrongState, match="diverged"):
        session.checkpoint()


def test_it_can_be_saved_at_halts_only_and_goes_on_from_there(make: Make, tiny: Dataset) -> None:
    experiment = make(audit_every=0, evaluate_every=14)
    whole, part = _captured(experiment, tiny), _captured(experiment, tiny)
    whole.state.sync_at = part.state.sync_at = {6}
    finished = list(train(whole))[-1]
    for event in train(part):
        if isinstance(event, Stepped):
            break
    assert part.state.iteration == 6
    rest = _captured(experiment, tiny, part.checkpoint())
    ended = list(train(rest))[-1]
    assert isinstance(ended, Finished)
    assert ended.weights_sha256 == finished.weights_sha256


def test_there_is_no_checkpoint_of_an_iteration_that_was_passed_over(
    make: Make, tiny: Dataset
) -> None:
    session = _captured(make(audit_every=0), tiny)
    session.step()
    assert not session.in_sync
    with pytest.raises(WrongState, match="beyond this iteration"):
        session.checkpoint()
    while not session.in_sync:
        session.step()
    assert session.checkpoint().iteration == session.state.iteration == 7


def test_eager_and_captured_runs_go_on_from_each_others_checkpoints(
    make: Make, tiny: Dataset
) -> None:
    experiment = make(**SMOOTH, audit_every=0)
    first = _captured(experiment, tiny)
    first.measure_initial()
    while not (first.state.iteration and first.in_sync):
        first.step()
        if first.record_due:
            first.measure()  # as `train` does
    later = Session(experiment, tiny, first.checkpoint())
    expected = list(train(Session(experiment, tiny)))
    _assert_alike(list(train(later))[1:], [m for m in _measured(expected) if m.iteration > 7], 1e-3)


def test_a_graph_that_does_something_else_is_found_out(make: Make, tiny: Dataset) -> None:
    class Forgetful(Again):
        def replay(self) -> None:
            super().replay()
            self.result.row.mul_(1.1)

    session = Session(make(), tiny)
    with pytest.raises(ReplayMismatch):
        GraphStepper(session.state, session._backpropagation, Forgetful)


def test_what_cannot_be_captured_is_trained_eagerly(
    make: Make, tiny: Dataset, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("operation not permitted when stream is capturing\nmore")

    monkeypatch.setattr(stepper, "_can_be_captured", lambda state: True)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: None)
    monkeypatch.setattr(stepper, "CudaGraph", refuse)
    session = Session(make(), tiny)
    assert isinstance(session.stepper, EagerStepper)
    assert session.started().backend == "eager"
    assert "not permitted when stream is capturing." in caplog.text


def test_the_cpu_and_sessions_without_graphs_train_eagerly(make: Make, tiny: Dataset) -> None:
    assert isinstance(Session(make(), tiny).stepper, EagerStepper)
    assert isinstance(Session(make(), tiny, eager=True).stepper, EagerStepper)


@pytest.mark.parametrize("family", ["plain", "resnet", "highway", "preresnet"])
@pytest.mark.parametrize("record", [False, True])
def test_an_update_neither_waits_for_its_device_nor_leaves_it(
    make: Make, family: str, record: bool
) -> None:
    """On torch's device without memory: to ask for a value there is an error, and so is an
    operation on tensors of two devices."""
    device = torch.device("meta")
    with device:
        model = architecture(make(network=f"cifar/{family}-8").network_spec(8, 3, 4)).train()
        pixels = torch.zeros(16, 3, 8, 8, dtype=torch.uint8)
        top, left, labels = torch.zeros(3, 16, dtype=torch.int64)
        drawn = Draw(top, left, torch.zeros(16, dtype=torch.bool))
        images = augment.augmented(pixels, torch.zeros(3, 8, 8), drawn)
    backpropagation = Backpropagation(model, Probes(model), Execution(device, "fp32"))
    result = backpropagation(images, labels, record=record)
    assert result.row.device == device
    with pytest.raises(RuntimeError, match="meta"):
        result.row[0].item()  # that it would have been told


@needs_gpu
@pytest.mark.parametrize("changes", [{}, {"record_every": 1}, {"precision": "bf16"}])
def test_on_a_gpu_graphs_train_as_eager_training_does(
    make: Make, tiny: Dataset, changes: dict[str, Any]
) -> None:
    experiment = make(**SMOOTH, device="cuda", **changes)
    sessions = [Session(experiment, tiny, eager=True), Session(experiment, tiny)]
    assert sessions[1].started().backend == "cuda-graph"
    eager, chunked = (list(train(session)) for session in sessions)
    _assert_alike(chunked, eager, 0.05 if experiment.precision == "bf16" else 1e-3)


@needs_gpu
def test_on_a_gpu_the_same_seed_gives_the_same_weights(make: Make, tiny: Dataset) -> None:
    experiment = make(device="cuda")
    ended = [list(train(Session(experiment, tiny)))[-1] for _ in range(2)]
    assert ended[0].weights_sha256 == ended[1].weights_sha256
