"""Small image folders and archives to read, and the known data sets in small."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_core.data.public import sources
from tests.picture_folders import photographs

__all__ = ["photographs"]

Pictures = Callable[..., dict[str, bytes]]


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    """An image file's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def pictures() -> Pictures:
    """File names and contents: `per_class` noise images in each class of each split."""

    def make(
        splits: Mapping[str, int],
        classes: tuple[str, ...] = ("cat", "dog", "owl"),
        size: int = 8,
        kind: str = "PNG",
    ) -> dict[str, bytes]:
        random = np.random.default_rng(0)
        return {
            f"{split}{name}/{i:03}.{kind.lower()}": encoded(
                random.integers(0, 256, (size, size, 3), np.uint8), kind
            )
            for split, per_class in splits.items()
            for name in classes
            for i in range(per_class)
        }

    return make


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_tar(path: Path, files: Mapping[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture(scope="session")
def write() -> type:
    """The three ways to store such files."""

    class Write:
        folder = staticmethod(write_folder)
        zip = staticmethod(write_zip)
        tar = staticmethod(write_tar)
        encoded = staticmethod(encoded)

    return Write


@pytest.fixture
def nowhere(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A machine without any data set: no usual place exists. Gives the playground's folder."""
    empty = tmp_path_factory.mktemp("empty")
    monkeypatch.chdir(empty)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(empty))
    for variable in ("RESIDUAL_PLAYGROUND_DATA", "RESIDUAL_PLAYGROUND_MIRROR"):
        monkeypatch.delenv(variable, raising=False)
    return home / "data"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, bytes]]:
    """Each known set's published files, in small: the checksums are put in the table.

    Forty training and ten test images a set, in the publishers' formats.
    """
    content = {
        "cifar10": {"cifar-10-python.tar.gz": _cifar(sources.SOURCES["cifar10"], "labels")},
        "cifar100": {"cifar-100-python.tar.gz": _cifar(sources.SOURCES["cifar100"], "fine_labels")},
        "mnist": _idx(seed=0),
        "fashionmnist": _idx(seed=1),
    }
    for name, files in content.items():
        source = sources.SOURCES[name]
        downloads = tuple(
            replace(part, md5=hashlib.md5(files[part.file]).hexdigest())
            for part in source.downloads
        )
        monkeypatch.setitem(sources.SOURCES, name, replace(source, downloads=downloads))
    return content


def images_of(seed: int, count: int, *shape: int) -> np.ndarray:
    return np.random.default_rng((seed, count)).integers(0, 256, (count, *shape), np.uint8)


def _cifar(source: sources.Source, labels: str) -> bytes:
    """A tar of pickles, as CIFAR is published: rows of red, green, blue planes."""
    files = {}
    batches = [name for name in source.files if "meta" not in name]
    for name in batches:
        count = 10 if name.startswith("test") else 40 // (len(batches) - 1)
        rows = images_of(0, count, 3 * 32 * 32)
        files[name] = pickle.dumps({"data": rows, labels: [i % 10 for i in range(count)]})
    key = "label_names" if labels == "labels" else "fine_label_names"
    meta = [f"class {i}" for i in range(source.facts.classes)]
    files[source.files[-1]] = pickle.dumps({key: meta})
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{source.folder}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _idx(seed: int) -> dict[str, bytes]:
    files = {}
    for part, count in (("train", 40), ("t10k", 10)):
        images = images_of(seed, count, 28, 28)
        labels = (np.arange(count) % 10).astype(np.uint8)
        for name, kind, array in (("images-idx3", 3, images), ("labels-idx1", 1, labels)):
            head = bytes([0, 0, 8, kind]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
            files[f"{part}-{name}-ubyte.gz"] = gzip.compress(head + array.tobytes())
    return files


# Written by SciPy 1.17 (scipy.io.savemat, compressed): X, y and z as in `test_matfile`.
_MAT_FILE = (
    "TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFNhdCBOb3YgMjEgMTE6MDk6MTUg"
    "MjAyNgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAAdgAAAHic"
    "42NgYGgAYjYg5gBiTgYIYAViASBmAmJmKGYBYkYgjICKe4AUMoaErlgpI1tQeOSohWVP74OH7BzRMes3KKuUV5w+Y+8w"
    "ecrzF3z8Scnbtmtp19VfuuzmPmv2u/eiYplZe/cZGrW23bzl67dw0ddvABmzJAMPAAAAKgAAAHic42NgYDAAYjYg5gBi"
    "TgYIYIXyWYCYEYwZGSqBNBNQhJGLmRMAGQcBAA8AAAAwAAAAeJzjY2BgCABiNiDmgNIgwArlM0ExIxBWAWlOIFZggIEf"
    "9hCawwEqAKUFHABrVQM4"
)


@pytest.fixture(scope="session")
def mat_file() -> bytes:
    """A MATLAB file that SciPy wrote, laid out as SVHN is."""
    return base64.b64decode(_MAT_FILE)
