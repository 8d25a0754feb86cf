"""People's own data at a path: an npz, files of a known form, or images in folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resnet_core.data import cache
from resnet_core.data.dataset import DataFacts, Dataset
from resnet_core.data.own import archives, arrays, collection, published
from resnet_core.data.own.published import Published
from resnet_core.system.texts import Message


def is_readable(path: Path) -> bool:
    """Return whether a path can be data: a folder, or a file by its suffix."""
    is_file = arrays.is_arrays(path) or archives.is_archive(path) or path.suffix == ".parquet"
    return is_file or path.is_dir()


def facts(path: Path) -> DataFacts:
    """Return counts, sizes and how the data are read.

    Raises:
        DataError: what is wrong with the folder or file.
    """
    if arrays.is_arrays(path):
        return arrays.facts(path)
    files = published.recognise(path)
    return collection.facts(path) if files is None else _published_facts(files)


def load(path: Path, image_size: int | None = None) -> Dataset:
    """Return the images; see `collection.load` for `image_size`.

    Raises:
        DataError: what is wrong with the folder or file.
        InvalidSetting: the images would not fit into memory; says which size would.
    """
    if arrays.is_arrays(path):
        return arrays.load(path)
    files = published.recognise(path)
    return collection.load(path, image_size) if files is None else files.load()


def _published_facts(files: Published) -> DataFacts:
    """Return the facts, which need all the files; they are cached."""

    def make() -> cache.Arrays:
        data = files.load()
        counts = (len(data.train), len(data.test), data.image_size, data.channels)
        return {"counts": np.array(counts), "classes": np.array(data.classes)}

    stored = collection.cached(files.path, "published", make)
    train, test, size, channels = (int(number) for number in stored["counts"])
    classes = tuple(str(name) for name in stored["classes"])
    title = archives.without_suffix(files.path.resolve().name)
    return DataFacts(
        *(str(files.path), title, train, test, size, channels, len(classes)),
        class_names=classes,
        notes=(Message("data.reading.published", kind=files.title),),
    )
