"""Files in the forms in which public sets are handed out, found by their names at any path.

CIFAR's batches for Python and the binary ones, MNIST's idx files and parquet tables with images.
A folder holds them, or a folder in it, or an archive. Pickles are read by `batches`, which runs
nothing.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_core.data.dataset import Dataset, ImageSet, held_out_index
from resnet_core.data.own import archives, batches, parquet
from resnet_core.data.own.files import members
from resnet_core.data.own.limits import LARGEST, MOST_BYTES, SMALLEST
from resnet_core.data.own.listing import is_image
from resnet_core.data.own.tree import role_of
from resnet_core.errors import DataError

Kind = Literal["cifar", "cifar-binary", "idx", "parquet"]
Split = tuple[NDArray, NDArray]  # N, H, W, C and N

_MOST_LOOKED_AT = 2000  # files and folders until it is clear what a folder holds
_NAMES: dict[Kind, re.Pattern[str]] = {
    "cifar": re.compile(r"data_batch_\d|test_batch|batches\.meta|train|test|meta"),
    "cifar-binary": re.compile(r"(data_batch_\d|test_batch|train|test)\.bin|.*label_names\.txt"),
    "idx": re.compile(r".*(images|labels)[-.]idx\d[-.]ubyte(\.gz)?"),
    "parquet": re.compile(r".*\.parquet"),
}
_NEEDED: dict[Kind, re.Pattern[str]] = {
    "cifar": re.compile(r"data_batch_\d|train"),
    "cifar-binary": re.compile(r"(data_batch_\d|train)\.bin"),
    "idx": re.compile(r".*images[-.]idx3[-.]ubyte(\.gz)?"),
    "parquet": _NAMES["parquet"],
}
_TITLES = {
    "cifar": "CIFAR (Python)",
    "cifar-binary": "CIFAR (binary)",
    "idx": "MNIST (idx)",
    "parquet": "parquet",
}


@dataclass(frozen=True)
class Published:
    """Files of a known form.

    Attributes:
        folder: that holds them, inside the path; "" for the path itself.
        names: of the files.
    """

    path: Path
    kind: Kind
    folder: str
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return _TITLES[self.kind]

    def load(self) -> Dataset:
        """Return the data set; without a test part, a seeded tenth of each class is it.

        Raises:
            DataError: the files are damaged, or hold something else.
        """
        if self.kind == "parquet":
            train, test, classes = parquet.read(self.path, self.names)
        else:
            train, test, classes = _READERS[self.kind](self._contents(), self.path)
        return _dataset(self.path, train, test, classes)

    def _contents(self) -> dict[str, bytes]:
        """Return the bytes of the files by their own names."""
        contents, total = {}, 0
        for member in members(self.path):
            if member.name in self.names:
                with member.open() as file:
                    content = file.read(MOST_BYTES + 1)
                total += len(content)
                if total > MOST_BYTES:
                    raise DataError(
                        "data.published_large", path=self.path, most=MOST_BYTES // 2**20
                    )
                contents[PurePosixPath(member.name).name] = content
        return contents


def recognise(path: Path) -> Published | None:
    """Return the files of a known form at a path, or None where images or nothing is there.

    Raises:
        DataError: there are two sets of such files, both named.
    """
    if path.suffix.lower() == ".parquet" and path.is_file():
        return Published(path, "parquet", "", (path.name,))
    if path.is_file() and not archives.is_archive(path):
        return None
    groups: dict[tuple[Kind, str], list[str]] = {}
    for member in islice(members(path), _MOST_LOOKED_AT):
        file = PurePosixPath(member.name)
        if member.name.endswith("/"):
            continue
        kind = next((k for k, names in _NAMES.items() if names.fullmatch(file.name)), None)
        if kind is not None:
            groups.setdefault((kind, str(file.parent)), []).append(member.name)
        elif file.suffix and is_image(member):
            return None
    found = [
        Published(path, kind, folder, tuple(sorted(names)))
        for (kind, folder), names in sorted(groups.items())
        if any(_NEEDED[kind].fullmatch(PurePosixPath(name).name) for name in names)
    ]
    if len(found) > 1:
        raise DataError(
            "data.published_twice", path=path, folders=sorted(one.folder for one in found)
        )
    return found[0] if found else None


def _dataset(
    path: Path, train: Split, test: Split | None, classes: tuple[str, ...] | None
) -> Dataset:
    parts = [_image_set(path, *split) for split in (train, test) if split is not None]
    highest = max(int(part.labels.max(initial=0)) for part in parts)
    if classes is None or len(classes) <= highest:
        classes = tuple(str(number) for number in range(min(highest + 1, 100_000)))
    if len(parts) == 1:
        whole = parts[0]
        held = held_out_index(whole.labels)
        parts = [whole.take(index) for index in held]
    if min(map(len, parts)) == 0 or min(int(part.labels.min()) for part in parts) < 0:
        raise DataError("data.npz.no_images", path=path)
    if parts[0].images.shape[1:] != parts[1].images.shape[1:]:
        raise DataError("data.published_damaged", path=path)
    return Dataset(archives.without_suffix(path.resolve().name), classes, *parts)


def _image_set(path: Path, images: NDArray, labels: NDArray) -> ImageSet:
    if len(images) != len(labels):
        raise DataError("data.published_damaged", path=path)
    height, width = images.shape[1:3]
    if height != width or not SMALLEST <= height <= LARGEST:
        raise DataError(
            "data.npz.image_size",
            path=path,
            height=height,
            width=width,
            least=SMALLEST,
            most=LARGEST,
        )
    return ImageSet(np.ascontiguousarray(images, np.uint8), labels.astype(np.int64))


def _cifar(
    contents: Mapping[str, bytes], path: Path
) -> tuple[Split, Split | None, tuple[str, ...] | None]:
    meta: dict[str, object] = {}
    splits: dict[str, list[Split]] = {"train": [], "test": []}
    for name, content in sorted(contents.items()):
        values = batches.read(content, path, name)
        if "meta" in name:
            meta = values
            continue
        labels = next((values[k] for k in ("fine_labels", "labels") if k in values), None)
        data = values.get("data")
        if not isinstance(data, np.ndarray) or not isinstance(labels, (list, np.ndarray)):
            raise DataError("data.published_damaged", path=path)
        part = "test" if name.startswith("test") else "train"
        splits[part].append((_pixels(data, path), _numbers(labels, path)))
    names = next((meta[k] for k in ("fine_label_names", "label_names") if k in meta), None)
    classes = tuple(map(str, names)) if isinstance(names, list) else None
    return _joined(splits["train"], path), _optional(splits["test"], path), classes


def _cifar_binary(
    contents: Mapping[str, bytes], path: Path
) -> tuple[Split, Split | None, tuple[str, ...] | None]:
    splits: dict[str, list[Split]] = {"train": [], "test": []}
    fine = "train.bin" in contents  # CIFAR-100: a coarse and a fine label before each image
    for name, content in sorted(contents.items()):
        if not name.endswith(".bin"):
            continue
        row = 3074 if fine else 3073
        if len(content) % row:
            raise DataError("data.published_damaged", path=path)
        rows = np.frombuffer(content, np.uint8).reshape(-1, row)
        part = "test" if name.startswith("test") else "train"
        splits[part].append((_pixels(rows[:, row - 3072 :], path), rows[:, row - 3073]))
    return _joined(splits["train"], path), _optional(splits["test"], path), None


def _idx(
    contents: Mapping[str, bytes], path: Path
) -> tuple[Split, Split | None, tuple[str, ...] | None]:
    parts: dict[tuple[str, str], NDArray] = {}
    for name, content in contents.items():
        role = "train" if role_of(name.replace("t10k", "test")) != "test" else "test"
        kind = "images" if "images" in name else "labels"
        parts[role, kind] = _idx_array(content, path)
    for kind in ("images", "labels"):
        if ("train", kind) not in parts:
            raise DataError("data.published_missing", path=path, name=f"train-{kind}")
    train = _grey(parts["train", "images"], path), parts["train", "labels"]
    if ("test", "images") not in parts or ("test", "labels") not in parts:
        return train, None, None
    return train, (_grey(parts["test", "images"], path), parts["test", "labels"]), None


def _idx_array(content: bytes, path: Path) -> NDArray:
    if content[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
                content = file.read(MOST_BYTES + 1)
        except (OSError, EOFError) as error:
            raise DataError("data.published_damaged", path=path) from error
    axes = content[3] if content[:3] == b"\0\0\x08" and len(content) > 4 else 0
    if not 1 <= axes <= 3 or len(content) < 4 + 4 * axes:
        raise DataError("data.published_damaged", path=path)
    shape = tuple(np.frombuffer(content[4 : 4 + 4 * axes], ">u4").tolist())
    count = int(np.prod(shape, dtype=object))
    if count != len(content) - 4 - 4 * axes or len(content) > MOST_BYTES:
        raise DataError("data.published_damaged", path=path)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _grey(images: NDArray, path: Path) -> NDArray:
    if images.ndim != 3:
        raise DataError("data.published_damaged", path=path)
    return images[..., None]


def _pixels(data: NDArray, path: Path) -> NDArray:
    if data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != 3072:
        raise DataError("data.published_damaged", path=path)
    return data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)


def _numbers(labels: object, path: Path) -> NDArray:
    numbers = np.asarray(labels)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise DataError("data.published_damaged", path=path)
    return numbers


def _optional(splits: list[Split], path: Path) -> Split | None:
    return _joined(splits, path) if splits else None


def _joined(splits: list[Split], path: Path) -> Split:
    if not splits:
        raise DataError("data.published_missing", path=path, name="data_batch_1")
    images, labels = zip(*splits, strict=True)
    return np.concatenate(images), np.concatenate(labels)


_READERS: Mapping[
    str,
    Callable[[Mapping[str, bytes], Path], tuple[Split, Split | None, tuple[str, ...] | None]],
] = {"cifar": _cifar, "cifar-binary": _cifar_binary, "idx": _idx}
