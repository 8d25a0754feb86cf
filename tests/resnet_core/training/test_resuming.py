"""A run that was interrupted ends in the weights of one that was not, bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from resnet_core.data.dataset import Dataset
from resnet_core.errors import CheckpointError
from resnet_core.experiments.experiment import Experiment
from resnet_core.telemetry.events import Event, Finished, Measurement, Stepped
from resnet_core.training import schedule
from resnet_core.training.checkpoint.files import load_checkpoint, save_checkpoint, weights_sha256
from resnet_core.training.checkpoint.folder import newest_checkpoint
from resnet_core.training.loop import train
from resnet_core.training.session import Session

Make = Callable[..., Experiment]


def _told(events: list[Event]) -> list[dict[str, Any]]:
    """The measurements without what depends on the clock."""
    rows = [dict(vars(event)) for event in events if isinstance(event, Measurement)]
    for row in rows:
        del row["seconds"], row["images_per_second"]
    return rows


def _interrupted(experiment: Experiment, data: Dataset, cut: int, folder: Path) -> list[Event]:
    """Stop after `cut` updates, save, forget everything, load and go on."""
    session = Session(experiment, data)
    events = []
    for event in train(session):
        events.append(event)
        if isinstance(event, Stepped) and event.iteration == cut:
            break
    save_checkpoint(folder, session.checkpoint())
    del session
    torch.rand(5)
    newest = newest_checkpoint(folder)
    assert newest is not None
    later = Session(experiment, data, load_checkpoint(newest.path))
    assert later.state.iteration == cut
    return events + list(train(later))


def _same(one: list[Event], other: list[Event]) -> None:
    assert isinstance(one[-1], Finished)
    assert isinstance(other[-1], Finished)
    assert one[-1].weights_sha256 == other[-1].weights_sha256
    for mine, theirs in zip(_told(one), _told(other), strict=True):
        assert mine.keys() == theirs.keys()
        for name in mine:
            np.testing.assert_array_equal(mine[name], theirs[name], err_msg=name)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_interrupted_anywhere(make: Make, tiny: Dataset, tmp_path: Path, precision: str) -> None:
    """2.5 updates are a pass: the cuts lie before, on and behind the ends of passes."""
    experiment = make(precision=precision, iterations=4 if precision == "fp16" else 14)
    whole = list(train(Session(experiment, tiny)))
    cuts = range(1, 15) if precision == "fp32" else (2, 3)
    for cut in cuts:
        _same(_interrupted(experiment, tiny, cut, tmp_path / str(cut)), whole)


@pytest.mark.parametrize(
    "changes",
    [
        {"network": "cifar/plain-8"},
        {"network": "cifar/highway-8"},
        {"network": "cifar/preresnet-8", "shortcut": "C"},
        {"batch_norm": False, "learning_rate": 0.01},
        {"momentum": 0.0},
        {"crop_padding": 0, "flip": False},
        {"warmup": "linear", "warmup_iterations": 7},
    ],
)
def test_interrupted_whatever_the_settings(
    make: Make, tiny: Dataset, tmp_path: Path, changes: dict[str, Any]
) -> None:
    experiment = make(iterations=8, **changes)
    whole = list(train(Session(experiment, tiny)))
    for cut in (2, 5):
        _same(_interrupted(experiment, tiny, cut, tmp_path / str(cut)), whole)


def test_interrupted_while_warming_up(
    make: Make, tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "WARMUP_WINDOW", 4 * 16)
    experiment = make(warmup="until-error", record_every=1, audit_every=0, iterations=12)
    whole = list(train(Session(experiment, tiny)))
    rates = [row["learning_rate"] for row in _told(whole)]
    assert rates[1:5] == pytest.approx([0.01] * 4)
    warm = rates.index(0.1)
    assert warm % 4 == 1  # it ended with a window
    for cut in range(1, warm + 2):
        _same(_interrupted(experiment, tiny, cut, tmp_path / str(cut)), whole)


def test_interrupted_again_and_again(make: Make, tiny: Dataset, tmp_path: Path) -> None:
    experiment = make()
    whole = list(train(Session(experiment, tiny)))[-1]
    session = Session(experiment, tiny)
    for iteration in range(1, 15):
        for event in train(session):
            if event == Stepped(iteration):
                break
        path = save_checkpoint(tmp_path, session.checkpoint())
        session = Session(experiment, tiny, load_checkpoint(path))
    finished = list(train(session))[-1]
    assert isinstance(finished, Finished)
    assert isinstance(whole, Finished)
    assert finished.weights_sha256 == whole.weights_sha256
    assert finished.train_error == whole.train_error


def test_resumed_from_the_one_before(make: Make, tiny: Dataset, tmp_path: Path) -> None:
    """The newest checkpoint is damaged: more is trained again, with the same result."""
    experiment = make()
    session = Session(experiment, tiny)
    for event in train(session):
        if isinstance(event, Stepped) and event.iteration in {4, 9}:
            save_checkpoint(tmp_path, session.checkpoint())
        whole = event
    (tmp_path / "iteration-00000009" / "training.pt").write_bytes(b"")
    newest = newest_checkpoint(tmp_path)
    assert newest is not None
    assert newest.path == tmp_path / "iteration-00000004"
    finished = list(train(Session(experiment, tiny, load_checkpoint(newest.path))))[-1]
    assert finished.weights_sha256 == whole.weights_sha256


def test_a_state_is_a_copy(make: Make, tiny: Dataset) -> None:
    session = Session(make(), tiny)
    for event in train(session):
        if event == Stepped(2):
            state = session.checkpoint()
            digest = weights_sha256(state.weights)
            velocity = {n: v.clone() for n, v in state.training["velocity"].items()}
    assert weights_sha256(state.weights) == digest
    assert all(torch.equal(v, velocity[n]) for n, v in state.training["velocity"].items())


def test_the_untrained_network_is_measured_once(make: Make, tiny: Dataset) -> None:
    session = Session(make(), tiny)
    events = train(session)
    assert [type(next(events)).__name__ for _ in range(2)] == ["Started", "Measurement"]
    again = list(train(Session(make(), tiny, session.checkpoint())))
    assert [row["iteration"] for row in _told(again)] == [3, 5, 6, 7, 9, 10, 12, 14]
    assert (
        _told(list(train(Session(make(), tiny, Session(make(), tiny).checkpoint()))))[0][
            "iteration"
        ]
        == 0
    )


def test_seconds_go_on(make: Make, tiny: Dataset) -> None:
    session = Session(make(), tiny)
    session.step()
    state = session.checkpoint()
    assert Session(make(), tiny, state).state.seconds == session.state.seconds > 0


def test_another_network_is_refused(make: Make, tiny: Dataset) -> None:
    state = Session(make(), tiny).checkpoint()
    with pytest.raises(CheckpointError, match=r"of another network: bn1.bias differs"):
        Session(make(width=8), tiny, state)
    with pytest.raises(CheckpointError, match="of another network"):
        Session(make(network="cifar/resnet-14"), tiny, state)


def test_other_images_are_refused(make: Make, tiny: Dataset) -> None:
    state = Session(make(), tiny).checkpoint()
    other = replace(tiny, test=tiny.train)
    with pytest.raises(CheckpointError, match="The images are not those"):
        Session(make(), other, state)


def test_other_circumstances_are_logged(
    make: Make, tiny: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    state = Session(make(precision="bf16"), tiny).checkpoint()
    Session(make(precision="bf16"), tiny, state)
    assert caplog.text == ""
    Session(make(), tiny, state)
    assert "goes on with precision fp32 in place of bf16" in caplog.text
