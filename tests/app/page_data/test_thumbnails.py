"""The grid shows the images that networks are tested on, as orders name them."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.figures import attribution
from app.page_data import thumbnails
from resnet_core.data import catalog
from resnet_core.data.selection import Selection
from resnet_core.errors import DataError
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.tools import centre_views
from tests.picture_folders import draw_folder
from tests.small_runs import small, small_data

__all__ = ["small_data"]


def test_pictures_are_the_test_images_at_their_places(small_data: Path) -> None:
    album = thumbnails.album(small(small_data))
    data = catalog.load(Selection(str(small_data)))
    assert album.classes == data.classes
    assert 0 < len(album.pictures) <= thumbnails.MOST
    for one in album.pictures:
        content = base64.b64decode(one.address.partition(",")[2])
        shown = np.asarray(Image.open(io.BytesIO(content)))
        assert np.array_equal(shown, data.test.images[one.place])
        assert one.shows == data.classes[data.test.labels[one.place]]


def test_every_class_has_as_many(small_data: Path) -> None:
    shown = [one.shows for one in thumbnails.album(small(small_data)).pictures]
    counts = {name: shown.count(name) for name in set(shown)}
    assert max(counts.values()) - min(counts.values()) <= 1


def test_data_that_are_not_here_are_named(home: Path) -> None:
    with pytest.raises(DataError):
        thumbnails.album(Experiment.create(network="cifar/resnet-20", data="svhn"))


def test_pictures_of_a_folder_are_those_that_laboratories_see(home: Path, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "mine", train=6, test=6)
    experiment = Experiment.create(
        network="imagenet/resnet-18", data=str(folder), image_size=32, batch_size=4
    )
    album, seen = thumbnails.album(experiment), centre_views.dataset(experiment)
    assert [one.place for one in album.pictures] == list(range(6))
    for one in album.pictures:
        assert one.shows == seen.classes[seen.test.labels[one.place]]
        assert one.address == attribution.thumbnail_address(seen.test.images[one.place])
