"""Views of one picture against torchvision's transforms and the recipe's own arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision import transforms

from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet import image_folder, recipe, views
from resnet_core.data.imagenet.image_folder import ImageFiles
from resnet_core.data.imagenet.views import centre_view, ten_views, training_view, whole_view
from resnet_core.errors import DataError
from tests.picture_folders import draw_folder

CROP = 56  # a quarter of the recipe's: the least shorter side is 64


@pytest.fixture(scope="module")
def smooth(tmp_path_factory: pytest.TempPathFactory) -> ImageFiles:
    """Ramps without compression, of sizes from which crops fall on whole pixels."""
    root = tmp_path_factory.mktemp("smooth")
    names = []
    for width, height in ((128, 64), (64, 96), (200, 160)):
        red = np.broadcast_to(np.linspace(0, 255, width), (height, width))
        green = np.broadcast_to(np.linspace(0, 255, height)[:, None], (height, width))
        pixels = np.stack([red, green, 255 - red], axis=-1).round().astype(np.uint8)
        Image.fromarray(pixels).save(root / f"{width}.png")
        names.append(f"{width}.png".encode())
    return ImageFiles(root, np.array(names), np.arange(len(names)))


def _resized(pictures: ImageFiles, place: int, side: int) -> Image.Image:
    with Image.open(pictures.path(place)) as picture:
        return transforms.Resize(side)(picture.convert("RGB"))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_single_view_is_torchvisions(smooth: ImageFiles, place: int) -> None:
    expected = transforms.CenterCrop(CROP)(_resized(smooth, place, 64))
    found = centre_view(smooth, place, CROP)
    np.testing.assert_allclose(found.pixels, np.asarray(expected), atol=1)
    assert found.shift == (0, 0, 0)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_ten_views_are_torchvisions(smooth: ImageFiles, place: int) -> None:
    expected = list(transforms.TenCrop(CROP)(_resized(smooth, place, 64)))
    # torchvision crops the mirrored picture, where left is right.
    expected[5:9] = [expected[n] for n in (6, 5, 8, 7)]
    found = ten_views(smooth, place, CROP)
    assert found.shape == (10, CROP, CROP, 3)
    np.testing.assert_allclose(found, np.stack([np.asarray(one) for one in expected]), atol=1)


def test_a_whole_picture_keeps_its_proportions(smooth: ImageFiles) -> None:
    expected = np.asarray(_resized(smooth, 1, 96))
    np.testing.assert_allclose(whole_view(smooth, 1, 96), expected, atol=1)
    assert expected.shape == (144, 96, 3)


def test_a_training_view_is_the_recipes(smooth: ImageFiles) -> None:
    seen = set()
    for seed in range(20):
        with Image.open(smooth.path(2)) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        chance = recipe.draw((200, 160), np.random.default_rng((1, 2, seed)), CROP)
        assert 64 <= chance.shorter_side <= 120
        box = recipe.crop_box((200, 160), chance, CROP)
        crop = Image.fromarray(pixels).resize((CROP, CROP), Image.Resampling.BILINEAR, box)
        expected = np.asarray(crop)[:, ::-1] if chance.mirrored else np.asarray(crop)
        found = training_view(smooth, 2, CROP, (1, 2, seed))
        np.testing.assert_array_equal(found.pixels, expected)
        assert found.shift == recipe.colour_shift(chance)
        seen.add((chance.mirrored, chance.shorter_side))
        unflipped = training_view(smooth, 2, CROP, (1, 2, seed), flip=False)
        np.testing.assert_array_equal(unflipped.pixels, np.asarray(crop))
    assert len(seen) > 10


def test_large_jpegs_are_decoded_at_a_fraction_and_look_the_same(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 1001)
    pixels = np.stack([np.broadcast_to(ramp, (751, 1001))] * 3, axis=-1).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "large.jpg", quality=95)
    Image.fromarray(pixels).save(tmp_path / "large.png")
    names = np.array([b"large.jpg", b"large.png"])
    pictures = ImageFiles(tmp_path, names, np.zeros(2, np.int64))
    for seed in range(5):
        jpeg, png = (training_view(pictures, place, CROP, (seed,)) for place in (0, 1))
        np.testing.assert_allclose(jpeg.pixels.astype(int), png.pixels, atol=6)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"no picture", "cannot be read as an image"), (None, "cannot be read")],
)
def test_a_bad_picture_is_named(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "bad.jpg").write_bytes(content)
    pictures = ImageFiles(tmp_path, np.array([b"bad.jpg"]), np.zeros(1, np.int64))
    with pytest.raises(DataError, match=rf"bad.jpg.*{sentence}"):
        centre_view(pictures, 0, CROP)


def test_too_long_a_picture_is_named(tmp_path: Path) -> None:
    Image.new("RGB", (900, 30)).save(tmp_path / "long.png")
    pictures = ImageFiles(tmp_path, np.array([b"long.png"]), np.zeros(1, np.int64))
    with pytest.raises(DataError, match=r"long.png: The image has 900 x 30 pixels"):
        training_view(pictures, 0, CROP, (0,))


def test_the_mean_is_that_of_the_samples_centre_views(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = image_folder.load(draw_folder(tmp_path / "mine")).train
    monkeypatch.setattr(views, "MEAN_IMAGES", 20)
    positions = views.mean_sample(len(train))
    assert len(set(positions.tolist())) == 20
    crops = np.stack([centre_view(train, position, 32).pixels for position in positions])
    expected = crops.astype(np.float64).mean(0).transpose(2, 0, 1)
    found = views.per_pixel_mean(train, 32, Decoders(0))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    for path in home.rglob("mean-*.npz"):
        path.unlink()
    many = Decoders(3)
    np.testing.assert_array_equal(views.per_pixel_mean(train, 32, many), found)
    many.close()
    monkeypatch.setattr(views, "centre_view", None)
    np.testing.assert_array_equal(views.per_pixel_mean(train, 32, Decoders(0)), found)
