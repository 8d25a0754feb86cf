"""The known public data sets, read from a local copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resnet_core.data.dataset import Dataset, ImageSet
from resnet_core.data.public import matfile, sources
from resnet_core.data.public.sources import Source
from resnet_core.data.public.unpack import unpack
from resnet_core.errors import DataError
from resnet_core.system.checksum import md5_of
from resnet_core.system.texts import Message

# What torchvision's readers and ours raise on damaged files.
_DAMAGE = (RuntimeError, ValueError, TypeError, AssertionError, EOFError, OSError, KeyError)
_DIGITS = tuple(str(digit) for digit in range(10))


def load(source: Source) -> Dataset:
    """The data set, from wherever a copy is found; published files are unpacked first.

    Raises:
        DataError: there is no copy, or it is damaged; says which file to put where.
    """
    root = sources.find_ready(source)
    if root is None:
        packed = sources.find_packed(source)
        if packed is None:
            raise DataError.of(missing(source))
        root = unpack(source, packed)
    try:
        train, test, classes = _read(source, root)
    except _DAMAGE as error:
        raise DataError(
            "data.public_damaged", title=source.title, folder=root / source.folder
        ) from error
    return Dataset(source.title, classes, train, test)


def missing(source: Source) -> Message:
    """Return a sentence that says which files to put where, and how to have them fetched."""
    return Message(
        "errors.data.public_missing",
        title=source.title,
        files=[download.file for download in source.downloads],
        folder=sources.where_to_put(source),
        variable=sources.PLACES_VARIABLE,
        megabytes=source.megabytes,
        name=source.name,
    )


def _read(source: Source, root: Path) -> tuple[ImageSet, ImageSet, tuple[str, ...]]:
    if source.name == "svhn":
        return (*(_svhn(root, i) for i in range(2)), _DIGITS)  # type: ignore[return-value]
    from torchvision import datasets

    kind = {
        "cifar10": datasets.CIFAR10,  # these two check every file before they unpickle it
        "cifar100": datasets.CIFAR100,
        "mnist": datasets.MNIST,
        "fashionmnist": datasets.FashionMNIST,
    }[source.name]
    train, test = (kind(root, train=part, download=False) for part in (True, False))
    classes = _DIGITS if source.name == "mnist" else tuple(map(str, train.classes))
    return _image_set(train.data, train.targets), _image_set(test.data, test.targets), classes


def _image_set(data: object, targets: object) -> ImageSet:
    images = np.asarray(data, np.uint8)
    if images.ndim == 3:  # grey images come as N, H, W
        images = images[..., None]
    return ImageSet(np.ascontiguousarray(images), np.asarray(targets, np.int64))


def _svhn(root: Path, part: int) -> ImageSet:
    """The train or the test file. torchvision's reader of these would need SciPy."""
    source = sources.SOURCES["svhn"]
    path = root / source.files[part]
    if md5_of(path) != source.downloads[part].md5:
        raise ValueError(f"{path.name} is not the published file")
    arrays = matfile.read(path)
    images = np.ascontiguousarray(arrays["X"].transpose(3, 0, 1, 2))  # H, W, C, N before
    labels = arrays["y"].astype(np.int64).ravel()
    return ImageSet(images, labels % 10)  # the file writes the digit 0 as 10
