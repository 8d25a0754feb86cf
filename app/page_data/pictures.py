"""Pictures on pages: embedded ones, people's own, a data set's samples and thumbnails."""

from __future__ import annotations

import base64
import io
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.figures import attribution
from resnet_core.data import catalog, cifar_recipe, decoding, shapes
from resnet_core.data.dataset import ImageSet, Index, Selection, class_order
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.views import centre_views
from resnet_core.errors import DataError
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import is_imagenet

Pixels = NDArray[np.uint8]  # H, W, 3

MEGABYTES = 20
SUFFIXES = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff")
LONGEST = 1600  # pixels of a picture's longer side that are kept
SAMPLE = 60  # images of a data set that can be chosen from
MOST_THUMBNAILS = 40
_SMALL = 64 * 64 * 3  # bytes: what is drawn pixel by pixel
_TILES = (3, 5)  # rows and columns of the wall
_TILE = 128  # pixels


@dataclass(frozen=True)
class Sample:
    """The first images of a data set, and the mean that its training subtracts.

    Attributes:
        images: uint8, n, H, W, 3.
        names: of the class of each.
        mean: per pixel over all training images, from 0 to 1; float32, H, W, 3.
        title: of the data set.
        count: training images that the mean is of.
    """

    images: Pixels
    names: tuple[str, ...]
    mean: NDArray[np.float32]
    title: str
    count: int


def read(name: str, content: bytes, longest: int = LONGEST) -> Pixels:
    """Return a reader's own picture, scaled down to at most this length.

    Raises:
        DataError: it is no image, damaged, or too large to be read safely.
    """
    if len(content) > MEGABYTES * 1_000_000:
        raise DataError("data.image_megabytes", size=f"{len(content) / 1e6:.0f}", most=MEGABYTES)
    return decoding.decode_whole(io.BytesIO(content), name[:60], longest)


@lru_cache(maxsize=1)
def embedded() -> tuple[tuple[str, Pixels], ...]:
    """Return one image per class of the embedded shapes: the name, and 32 x 32 pixels."""
    drawn = shapes.render(len(shapes.CLASSES), 1).train
    labelled = zip(drawn.labels.tolist(), drawn.images, strict=True)
    return tuple(
        (shapes.CLASSES[label], image) for label, image in sorted(labelled, key=itemgetter(0))
    )


@lru_cache(maxsize=1)
def wall() -> Pixels:
    """Return embedded shapes side by side on 640 x 384 pixels, enough for ImageNet's recipe."""
    rows, columns = _TILES
    images = shapes.render(rows * columns, 1).train.images
    tall = images.reshape(rows, columns, *images.shape[1:]).swapaxes(1, 2)
    small = tall.reshape(rows * images.shape[1], columns * images.shape[2], 3)
    size = (columns * _TILE, rows * _TILE)
    return np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))


@lru_cache(maxsize=3)
def sample(data: str) -> Sample:
    """Return the first test images of a data set, and its training images' mean.

    Raises:
        DataError: there is no copy, or what is wrong with it.
    """
    loaded = catalog.load(Selection(data))
    test, train = loaded.test, loaded.train
    return Sample(
        images=test.images[:SAMPLE].copy(),
        names=tuple(loaded.classes[label] for label in test.labels[:SAMPLE]),
        mean=cifar_recipe.per_pixel_mean(train.images),
        title=loaded.name,
        count=len(train),
    )


def squared(pixels: Pixels, size: int) -> Pixels:
    """Return the central square on size x size pixels; small ones keep their pixels."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(pixels[top : top + side, left : left + side])
    smoothing = Image.Resampling.NEAREST if side <= size // 4 else Image.Resampling.BILINEAR
    return np.asarray(square.resize((size, size), smoothing))


def as_uri(pixels: Pixels) -> str:
    """Return the picture as a data URI: a PNG, or a JPEG where it is large."""
    buffer = io.BytesIO()
    kind = "png" if pixels.size <= _SMALL else "jpeg"
    Image.fromarray(pixels).save(buffer, kind, quality=88)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


@dataclass(frozen=True)
class Thumbnail:
    """One test image.

    Attributes:
        place: among the test images, as an order names it.
        shows: its class.
        address: a PNG in a data address.
    """

    place: int
    shows: str
    address: str


@dataclass(frozen=True)
class Album:
    """Test images of one data set, as many of each class, and the names of all classes."""

    classes: tuple[str, ...]
    pictures: tuple[Thumbnail, ...]


def album(experiment: Experiment, imported: bool = False) -> Album:
    """Return the images that a run with these settings is tested on.

    Args:
        imported: its network was trained elsewhere, and is tested on images of one size.

    Raises:
        DataError: the data are not on this machine.
    """
    selection = Selection.of(experiment)
    if not imported and is_imagenet(experiment.network) and Path(selection.name).is_dir():
        return _album_of_pictures(selection)
    return _album(selection)


@lru_cache(maxsize=8)
def _album(selection: Selection) -> Album:
    """Return an album of a few kB; the data set itself is not kept in memory."""
    data = catalog.load(selection)
    places = np.sort(class_order(data.test.labels, equal=True)[:MOST_THUMBNAILS])
    return _album_of(data.classes, data.test, places)


@lru_cache(maxsize=8)
def _album_of_pictures(selection: Selection) -> Album:
    """Return the first images that laboratories use; see `trained_network.PictureNetwork`."""
    data = catalog.load_folder(selection)
    with closing(Decoders()) as decoders:
        images = centre_views(data.test, data.image_size, MOST_THUMBNAILS, decoders)
    return _album_of(data.classes, images, np.arange(len(images)))


def _album_of(classes: tuple[str, ...], images: ImageSet, places: Index) -> Album:
    pictures = (
        Thumbnail(
            int(place),
            classes[images.labels[place]],
            attribution.thumbnail_address(images.images[place]),
        )
        for place in places
    )
    return Album(classes, tuple(pictures))
