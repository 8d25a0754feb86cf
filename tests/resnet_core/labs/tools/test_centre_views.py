"""Laboratories see the pictures as the network was trained to take them."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch

from resnet_core.data import augment
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet import image_folder, views
from resnet_core.data.imagenet.views import centre_view
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import catalog
from resnet_core.labs.tools import centre_views, trained_network
from resnet_core.networks.catalog import build
from resnet_core.runs import queries, store
from resnet_core.runs.record import RunRecord
from resnet_core.specs.imagenet import ImageNetSpec
from tests.picture_folders import draw_folder


@pytest.fixture
def subject(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trained_network.Subject:
    monkeypatch.setattr(ImageNetSpec, "width", 8)
    monkeypatch.setattr(centre_views, "MOST", 9)
    folder = draw_folder(tmp_path / "mine", train=15, test=6)
    experiment = Experiment.create(
        network="imagenet/resnet-18", data=str(folder), image_size=32, batch_size=4
    )
    run = RunRecord("20260101-abcdef", experiment, "finished", created=1.0)
    (run,) = store.of_home().add([run])
    weights = build(experiment.network_spec(None, 3, 3), seed=1).state_dict()
    path = queries.folder(run).weights
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(safetensors.torch.save(weights))
    return trained_network.load(run.id)


def test_it_sees_centre_views_less_trainings_mean(subject: trained_network.Subject) -> None:
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


def test_laboratories_that_take_a_network_apart_refuse_it(subject: trained_network.Subject) -> None:
    for name in ("ensemble", "lesion", "paths", "forward", "backward", "graft", "dial"):
        assert catalog.question(name).accepts(subject.experiment), name
    assert not catalog.question("attribution").accepts(subject.experiment)
