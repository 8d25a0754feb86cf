"""Parquet files with a column of images and one of labels, as the Hugging Face hub has them."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from resnet_core.data import decoding
from resnet_core.data.own.limits import LARGEST, MOST_BYTES, SMALLEST
from resnet_core.data.own.tree import role_of
from resnet_core.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_LABELS = ("label", "labels", "fine_label", "class", "category", "target", "y")
_ROWS = 256  # read at a time

Split = tuple[NDArray, NDArray]


def read(path: Path, names: Sequence[str]) -> tuple[Split, Split | None, tuple[str, ...] | None]:
    """Return training images, test images where there are any, and the classes' names.

    Args:
        names: of the files below `path`, where it is a folder.

    Raises:
        DataError: no column of images or labels, damaged files, or too many images.
    """
    if path.is_file() and path.suffix.lower() != ".parquet":
        raise DataError("data.parquet_in_archive", path=path)
    files: dict[str, list[Path]] = {}
    for name in names:
        split = role_of(PurePosixPath(name).name) or "train"
        files.setdefault(split, []).append(path / name if path.is_dir() else path)
    train_files = files.get("train") or next(iter(files.values()))
    test_files = next((files[s] for s in ("test", "validation") if s in files), None)
    if test_files is train_files:
        test_files = None
    size = _common_size(train_files)
    labels: list[Any] = []
    train = _split(train_files, size, labels)
    test = _split(test_files, size, labels) if test_files else None
    names_of_classes = _class_names(train_files[0])
    return (*_numbered(train, test, labels), names_of_classes or _texts(labels))


def _rows(files: Sequence[Path]) -> Iterator[tuple[str, bytes, Any]]:
    """Yield each image's name for a sentence, its bytes and its label."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in files:
        try:
            with pq.ParquetFile(path) as file:
                image, label = _columns(file.schema_arrow, path)
                number = 0
                for batch in file.iter_batches(_ROWS, columns=[image, label]):
                    for row in batch.to_pylist():
                        number += 1
                        content = row[image]
                        if isinstance(content, dict):
                            content = content.get("bytes")
                        if not isinstance(content, bytes) or row[label] is None:
                            raise DataError("data.parquet_row", path=path, row=number)
                        yield f"{number} in {path}", content, row[label]
        except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
            raise DataError("data.parquet_damaged", path=path) from error


def _columns(schema: pa.Schema, path: Path) -> tuple[str, str]:
    """Return the names of the column of images and of the column of labels."""
    import pyarrow.types as kinds

    images = [
        field.name
        for field in schema
        if kinds.is_binary(field.type)
        or kinds.is_large_binary(field.type)
        or (kinds.is_struct(field.type) and field.type.get_field_index("bytes") >= 0)
    ]
    others = [
        field.name
        for field in schema
        if kinds.is_integer(field.type) or kinds.is_string(field.type)
    ]
    labels = [name for name in _LABELS if name in others] or others
    if not images or len(labels) < 1 or (len(labels) > 1 and labels is others):
        raise DataError("data.parquet_columns", path=path, columns=schema.names)
    return images[0], labels[0]


def _common_size(files: Sequence[Path]) -> int:
    sides = Counter(
        min(decoding.size_of(io.BytesIO(content), name)) for name, content, _ in _rows(files)
    )
    if not sides:
        raise DataError("data.npz.no_images", path=files[0])
    size, _ = max(sides.items(), key=lambda item: (item[1], item[0]))
    size = min(max(size, SMALLEST), LARGEST)
    if sum(sides.values()) * 3 * size**2 > MOST_BYTES:
        raise DataError("data.memory", count=sum(sides.values()))
    return size


def _split(files: Sequence[Path], size: int, labels: list[Any]) -> Split:
    """Return the images and, for each, its label's place in `labels`, which grows."""
    place = {label: number for number, label in enumerate(labels)}
    images: list[NDArray] = []
    numbers: list[int] = []
    for name, content, label in _rows(files):
        if len(images) * 3 * size**2 > MOST_BYTES:
            raise DataError("data.memory", count=len(images))
        images.append(decoding.decode(io.BytesIO(content), name, size))
        if label not in place:
            place[label] = len(labels)
            labels.append(label)
        numbers.append(place[label])
    if not images:
        raise DataError("data.npz.no_images", path=files[0])
    return np.stack(images), np.array(numbers, np.int64)


def _numbered(train: Split, test: Split | None, labels: list[Any]) -> tuple[Split, Split | None]:
    """Return the splits with whole-number labels as they are, and others in alphabetical order."""
    if all(isinstance(label, int) for label in labels):
        values = np.array(labels, np.int64)
    else:
        texts = sorted(map(str, labels))
        values = np.array([texts.index(str(label)) for label in labels], np.int64)
    numbered = [None if s is None else (s[0], values[s[1]]) for s in (train, test)]
    return numbered[0], numbered[1]  # type: ignore[return-value]


def _texts(labels: list[Any]) -> tuple[str, ...] | None:
    return None if isinstance(labels[0], int) else tuple(sorted(map(str, labels)))


def _class_names(path: Path) -> tuple[str, ...] | None:
    """Return the names that the hub writes into a file's metadata."""
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        names = next(f["names"] for f in features.values() if f.get("_type") == "ClassLabel")
        return tuple(map(str, names))
    except (KeyError, ValueError, TypeError, AttributeError, StopIteration):
        return None
