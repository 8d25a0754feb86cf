"""Trained networks: their weights, their images, and pictures from disk."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import safetensors.torch
import torch

from resnet_core.data import augment, catalog
from resnet_core.data.dataset import Selection
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet import image_folder, views
from resnet_core.data.imagenet.views import centre_view
from resnet_core.errors import CheckpointError, InvalidSetting, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.catalog import question
from resnet_core.labs.tools import trained_network
from resnet_core.networks.catalog import build
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run, write_run
from resnet_core.runs.record import RunRecord
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.training.checkpoint.files import save_checkpoint
from resnet_core.training.loop import train
from resnet_core.training.session import Session
from tests.picture_folders import draw_folder
from tests.small_runs import small

RUN = "20260101-abcdef"


@pytest.fixture
def trained(home: Path, small_data: Path) -> Session:
    """A few updates of a tiny network, saved as a run would save them; there is no index."""
    experiment = small(small_data, iterations=12, evaluate_every=12)
    session = Session(experiment, catalog.load(Selection(experiment.data)))
    for _ in train(session):
        pass
    folder = of_run(RUN)
    save_checkpoint(folder.checkpoints, session.checkpoint())
    write_run(folder.path, RunRecord(id=RUN, experiment=experiment, state="stopped", created=1.0))
    assert not (home / "playground.sqlite3").exists()
    return session


def test_it_is_the_network_that_was_trained(trained: Session, home: Path) -> None:
    subject = trained_network.load(RUN)
    assert (subject.id, subject.family, subject.depth) == (RUN, "resnet", 8)
    assert subject.label == "resnet-8 · seed 0"
    model = subject.model()
    assert not model.training
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    images, labels = subject.test_images()
    wrong = 100 * (model(images).argmax(1) != labels).double().mean().item()
    assert wrong == trained.evaluate()[1]
    assert not (home / "playground.sqlite3").exists()


def test_every_model_is_a_copy_of_its_own(trained: Session) -> None:
    subject = trained_network.load(RUN)
    spoilt = subject.model()
    with torch.no_grad():
        for parameter in spoilt.parameters():
            parameter.zero_()
    weights = subject.model().state_dict()
    assert all(weights[name].equal(tensor) for name, tensor in subject.weights.items())


def test_images_are_balanced_fixed_and_centred_by_the_training_images(trained: Session) -> None:
    subject = trained_network.load(RUN)
    every, _ = subject.train_images()
    torch.testing.assert_close(every.mean(0), torch.zeros_like(every[0]), atol=1e-6, rtol=0)
    few, labels = subject.train_images(20)
    assert (few.dtype, few.shape, labels.dtype) == (torch.float32, (20, 3, 8, 8), torch.int64)
    assert labels.bincount().tolist() == [5, 5, 5, 5]
    assert few.equal(subject.train_images(20)[0])
    raw = torch.from_numpy(subject.dataset.train.images).permute(0, 3, 1, 2).double()
    test = torch.from_numpy(subject.dataset.test.images).permute(0, 3, 1, 2).double()
    expected = ((test - raw.mean(0)) / 255).float()
    torch.testing.assert_close(subject.test_images()[0], expected)
    assert len(subject.test_images(10_000)[0]) == len(test)


def test_the_newest_whole_checkpoint_counts(trained: Session) -> None:
    folder = of_run(RUN)
    damaged = folder.checkpoints / "iteration-00000099"
    shutil.copytree(folder.checkpoint(12), damaged)
    (damaged / "model.safetensors").write_bytes(b"half")
    assert trained_network.load(RUN).weights.keys() == trained.state.model.state_dict().keys()


def test_networks_of_the_same_name_get_different_labels(trained: Session) -> None:
    twin = "20260101-fedcba"
    shutil.copytree(of_run(RUN).path, of_run(twin).path)
    labels = [subject.label for subject in trained_network.load_all([RUN, twin])]
    assert labels == [f"resnet-8 · seed 0 · {RUN}", f"resnet-8 · seed 0 · {twin}"]
    assert trained_network.load_all([RUN])[0].label == "resnet-8 · seed 0"


def test_weights_of_another_network_are_refused(trained: Session) -> None:
    file = of_run(RUN).experiment
    file.write_text(json.dumps(json.loads(file.read_text()) | {"width": 8}))
    with pytest.raises(CheckpointError, match="not those of cifar/resnet-8"):
        trained_network.load(RUN).model()


def test_what_is_missing_is_named(
    trained: Session, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = home / "recorded"
    run = RunRecord(
        id="bare-recording", experiment=trained.state.experiment, state="finished", created=1.0
    )
    (recorded / run.id).mkdir(parents=True)
    write_run(recorded / run.id, run)
    monkeypatch.setattr(queries, "RECORDED", recorded)
    with pytest.raises(WrongState, match="recorded without"):
        trained_network.load(run.id)
    (recorded / run.id / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match="cannot be read"):
        trained_network.load(run.id)
    elsewhere = trained.state.experiment.changed(data=str(home / "gone.npz"))
    lost = trained_network.TrainedNetwork("x", "x", "resnet", 8, elsewhere, {})
    with pytest.raises(InvalidSetting, match="no data set and no file"):
        lost.train_images()


def test_a_recording_is_read_from_its_own_file(
    trained: Session, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "RECORDED", home / "recorded")
    run = RunRecord(
        id="shown-resnet-8", experiment=trained.state.experiment, state="finished", created=1.0
    )
    (home / "recorded" / run.id).mkdir(parents=True)
    write_run(home / "recorded" / run.id, run)
    state = {name: tensor.contiguous() for name, tensor in trained.state.model.state_dict().items()}
    safetensors.torch.save_file(state, home / "recorded" / run.id / "model.safetensors")
    loaded = trained_network.load(run.id).weights
    assert all(loaded[name].equal(tensor) for name, tensor in state.items())


@pytest.fixture
def subject(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> trained_network.TrainedNetwork:
    monkeypatch.setattr(ImageNetSpec, "width", 8)
    monkeypatch.setattr(trained_network, "MOST_PICTURES", 9)
    folder = draw_folder(tmp_path / "mine", train=15, test=6)
    experiment = Experiment.create(
        network="imagenet/resnet-18", data=str(folder), image_size=32, batch_size=4
    )
    run = RunRecord(id="20260101-abcdef", experiment=experiment, state="finished", created=1.0)
    (run,) = store.of_home().add([run])
    weights = build(experiment.network_spec(None, 3, 3), seed=1).state_dict()
    path = queries.folder(run).weights
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(safetensors.torch.save(weights))
    return trained_network.load(run.id)


def test_it_sees_centre_views_less_trainings_mean(subject: trained_network.TrainedNetwork) -> None:
    assert (subject.family, subject.depth) == ("resnet", 18)
    assert "centre views of 9 + 6 pictures" in subject.dataset.name
    x, labels = subject.train_images()
    assert x.shape == (9, 3, 32, 32)
    assert torch.bincount(labels.cpu()).tolist() == [3, 3, 3]
    pictures = image_folder.load(Path(subject.experiment.data), 32)
    mean = views.per_pixel_mean(pictures.train, 32, Decoders(0))
    expected = {
        centre_view(pictures.train, place, 32).pixels.tobytes(): place for place in range(15)
    }
    for pixels, label, prepared in zip(subject.dataset.train.images, labels, x, strict=True):
        place = expected[pixels.tobytes()]
        assert pictures.train.labels[place] == label
        one = augment.centred(
            torch.from_numpy(pixels).permute(2, 0, 1)[None], torch.from_numpy(mean)
        )
        torch.testing.assert_close(prepared.cpu(), one[0])
    assert subject.model()(x).shape == (9, 3)


def test_laboratories_that_take_a_network_apart_refuse_it(
    subject: trained_network.TrainedNetwork,
) -> None:
    for name in ("ensemble", "lesion", "paths", "forward", "backward", "graft", "dial"):
        assert question(name).accepts(subject.experiment), name
    assert not question("attribution").accepts(subject.experiment)
