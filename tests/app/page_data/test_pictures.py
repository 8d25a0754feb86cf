"""Pictures are read with care; thumbnails are the images that networks are tested on."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.figures import attribution
from app.page_data import pictures
from resnet_core.data import catalog, shapes
from resnet_core.data.dataset import Selection
from resnet_core.errors import DataError
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.tools import trained_network
from tests.picture_folders import draw_folder
from tests.small_runs import small, small_data

__all__ = ["small_data"]


def test_pictures_are_the_test_images_at_their_places(small_data: Path) -> None:
    album = pictures.album(small(small_data))
    data = catalog.load(Selection(str(small_data)))
    assert album.classes == data.classes
    assert 0 < len(album.pictures) <= pictures.MOST_THUMBNAILS
    for one in album.pictures:
        content = base64.b64decode(one.address.partition(",")[2])
        shown = np.asarray(Image.open(io.BytesIO(content)))
        assert np.array_equal(shown, data.test.images[one.place])
        assert one.shows == data.classes[data.test.labels[one.place]]


def test_every_class_has_as_many(small_data: Path) -> None:
    shown = [one.shows for one in pictures.album(small(small_data)).pictures]
    counts = {name: shown.count(name) for name in set(shown)}
    assert max(counts.values()) - min(counts.values()) <= 1


def test_data_that_are_not_here_are_named(home: Path) -> None:
    with pytest.raises(DataError):
        pictures.album(Experiment.create(network="cifar/resnet-20", data="svhn"))


def test_pictures_of_a_folder_are_those_that_laboratories_see(home: Path, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "mine", train=6, test=6)
    experiment = Experiment.create(
        network="imagenet/resnet-18", data=str(folder), image_size=32, batch_size=4
    )
    album = pictures.album(experiment)
    seen = trained_network.centre_crops(Selection.of(experiment))
    assert [one.place for one in album.pictures] == list(range(6))
    for one in album.pictures:
        assert one.shows == seen.classes[seen.test.labels[one.place]]
        assert one.address == attribution.thumbnail_address(seen.test.images[one.place])


def _png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (10, 200, 30)).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_own_picture_is_kept_within_bounds() -> None:
    assert pictures.read("a.png", _png(60, 30)).shape == (30, 60, 3)
    assert pictures.read("a.png", _png(60, 30), longest=20).shape == (10, 20, 3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"GIF89a nonsense", "cannot be read"), (b"x" * 20_000_001, "at most 20 MB")],
)
def test_a_bad_file_is_a_sentence(content: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        pictures.read("picture.gif", content)


def test_there_is_an_embedded_picture_of_every_class() -> None:
    embedded = pictures.embedded()
    assert [name for name, _ in embedded] == list(shapes.CLASSES)
    assert all(image.shape == (32, 32, 3) for _, image in embedded)


def test_the_wall_shows_fifteen_of_the_embedded_images() -> None:
    wall = pictures.wall()
    assert wall.shape == (384, 640, 3)
    tile = shapes.render(15, 1).train.images[7]  # second row, third column
    shown = wall[128:256, 256:384].reshape(32, 4, 32, 4, 3).mean(axis=(1, 3))
    assert np.abs(shown - tile).mean() < 4


def test_a_sample_has_its_training_sets_mean(home) -> None:
    sample = pictures.sample("shapes")
    train = shapes.load().train.images
    np.testing.assert_allclose(sample.mean, train.mean(axis=0) / 255, atol=1e-6)
    assert sample.count == len(train)
    assert len(sample.images) == len(sample.names) == pictures.SAMPLE


def test_the_square_in_the_middle_keeps_small_pixels_sharp() -> None:
    wide = np.zeros((8, 16, 3), np.uint8)
    wide[:, 4:12] = 200
    assert (pictures.squared(wide, 64) == 200).all()
    checks = (np.indices((8, 8)).sum(axis=0) % 2 * 255).astype(np.uint8)
    large = pictures.squared(np.stack([checks] * 3, axis=-1), 64)
    assert set(np.unique(large)) == {0, 255}


@pytest.mark.parametrize("side", [16, 300])
def test_a_picture_within_a_page_can_be_decoded(side: int) -> None:
    pixels = np.full((side, side, 3), 90, np.uint8)
    head, data = pictures.as_uri(pixels).split(",", 1)
    kind = head.removeprefix("data:image/").removesuffix(";base64")
    with Image.open(io.BytesIO(base64.b64decode(data)), formats=[kind.upper()]) as image:
        np.testing.assert_allclose(np.asarray(image), pixels, atol=2)
