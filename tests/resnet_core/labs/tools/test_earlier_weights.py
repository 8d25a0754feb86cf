"""Networks as they were earlier: from the seed, from checkpoints, from what a recording has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from resnet_core.data import catalog
from resnet_core.data.selection import Selection
from resnet_core.errors import CheckpointError
from resnet_core.labs.tools import earlier_weights, trained_network
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.runs import find_weights as weights_on_disk
from resnet_core.runs import queries
from resnet_core.training.session import Session

PAIR = ("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0")


def _error(subject: Subject, count: int = 1000) -> float:
    """On its own test images, percent."""
    images, labels = subject.test_images(count)
    with torch.no_grad():
        return 100 * float((subject.model()(images).argmax(1) != labels).float().mean())


@pytest.mark.parametrize("run", PAIR)
def test_the_pair_on_record_can_be_followed_through_its_training(run: str, home: Path) -> None:
    subject = trained_network.load(run)
    assert earlier_weights.iterations(subject) == [0, 53, 106, 212, 424, 742]
    assert earlier_weights.last(subject) == 1060


@pytest.mark.parametrize("run", PAIR)
def test_earlier_weights_have_the_error_that_was_measured_then(run: str, home: Path) -> None:
    subject = trained_network.load(run)
    measured = queries.telemetry(run).frame.set_index("iteration")["test_error"]
    for iteration in (212, 424):  # evaluated while it trained, in bfloat16
        found = _error(earlier_weights.at(subject, iteration))
        assert found == pytest.approx(measured[iteration], abs=1.5)
    assert _error(earlier_weights.at(subject, 0), 200) > 70
    assert earlier_weights.at(subject, 0).weights.keys() == subject.weights.keys()


def test_before_training_a_network_is_as_its_seed_says(home: Path) -> None:
    subject = trained_network.load(PAIR[1])
    e = subject.experiment
    session = Session(e, catalog.load(Selection(e.data, e.image_size)))
    began, told = session.state.model.state_dict(), earlier_weights.initial(subject)
    assert began.keys() == told.keys()
    assert all(torch.equal(began[name].cpu(), told[name]) for name in told)


def test_without_anything_on_the_way_there_is_the_end_alone(home: Path) -> None:
    assert earlier_weights.iterations(trained_network.load("one-minute-resnet-56-seed-0")) == []


def test_weights_that_are_gone_or_damaged_get_a_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = home / "recorded"
    shutil.copytree(queries.RECORDED / PAIR[0], copied / PAIR[0])
    monkeypatch.setattr(queries, "RECORDED", copied)
    subject = trained_network.load(PAIR[0])
    with pytest.raises(CheckpointError, match="iteration-00000054"):
        earlier_weights.at(subject, 54)
    folder = queries.folder(weights_on_disk.described(PAIR[0]))
    folder.earlier_weights(53).write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match="iteration-00000053"):
        earlier_weights.at(subject, 53)
