"""The known data sets, from small copies in the publishers' own formats."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resnet_core.data.public import local_copy, sources
from resnet_core.errors import DataError

Published = dict[str, dict[str, bytes]]


@pytest.fixture
def copies(nowhere: Path, published: Published, monkeypatch: pytest.MonkeyPatch) -> Published:
    """Every published file in its place, and torchvision's checksums set to ours."""
    from torchvision import datasets

    for name, files in published.items():
        folder = sources.where_to_put(sources.SOURCES[name])
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
    for name, theirs in (("cifar10", datasets.CIFAR10), ("cifar100", datasets.CIFAR100)):
        sums = _inner_sums(published[name])
        for attribute in ("train_list", "test_list"):
            changed = [[file, sums[file]] for file, _ in getattr(theirs, attribute)]
            monkeypatch.setattr(theirs, attribute, changed)
        meta = theirs.meta["filename"]
        monkeypatch.setattr(theirs, "meta", {**theirs.meta, "md5": sums[meta]})
    return published


def _inner_sums(files: dict[str, bytes]) -> dict[str, str]:
    (content,) = files.values()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {
            Path(info.name).name: hashlib.md5(archive.extractfile(info).read()).hexdigest()  # type: ignore[union-attr]
            for info in archive
        }


@pytest.mark.parametrize(
    ("name", "title", "shape"),
    [
        ("cifar10", "CIFAR-10", (32, 32, 3)),
        ("cifar100", "CIFAR-100", (32, 32, 3)),
        ("mnist", "MNIST", (28, 28, 1)),
        ("fashionmnist", "Fashion-MNIST", (28, 28, 1)),
    ],
)
def test_published_files_are_unpacked_and_read(
    copies: Published, name: str, title: str, shape: tuple[int, ...]
) -> None:
    data = local_copy.load(sources.SOURCES[name])
    assert data.name == title
    assert data.train.images.shape == (40, *shape)
    assert data.test.images.shape == (10, *shape)
    assert len(data.classes) == sources.SOURCES[name].facts.classes
    assert data.test.labels.tolist() == list(range(10))
    assert local_copy.load(sources.SOURCES[name]).fingerprint == data.fingerprint


def test_planes_become_pixels_with_three_channels(copies: Published) -> None:
    data = local_copy.load(sources.SOURCES["cifar10"])
    (content,) = copies["cifar10"].values()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        first = archive.extractfile("cifar-10-batches-py/data_batch_1")
        assert first is not None
        row = pickle.loads(first.read())["data"][0]
    np.testing.assert_array_equal(data.train.images[0], row.reshape(3, 32, 32).transpose(1, 2, 0))


def test_a_set_that_is_missing_says_which_file_to_put_where(nowhere: Path) -> None:
    for source in sources.SOURCES.values():
        with pytest.raises(DataError) as caught:
            local_copy.load(source)
        sentence = str(caught.value)
        assert source.title in sentence
        assert str(nowhere) in sentence
        assert f"download {source.name}" in sentence
        assert all(download.file in sentence for download in source.downloads)


def test_another_sets_files_are_not_taken(copies: Published) -> None:
    fashion = sources.SOURCES["fashionmnist"]
    for file, content in copies["mnist"].items():
        (sources.where_to_put(fashion) / file).write_bytes(content)
    with pytest.raises(DataError, match="not the published file"):
        local_copy.load(fashion)


@pytest.mark.parametrize("name", ["cifar10", "mnist"])
def test_a_damaged_copy_is_a_sentence(copies: Published, name: str) -> None:
    source = sources.SOURCES[name]
    local_copy.load(source)
    for file in source.files:
        path = sources.where_to_put(source) / source.folder / file
        path = path if path.exists() else sources.where_to_put(source) / file
        path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(DataError, match=rf"The copy of {source.title} in .* is damaged"):
        local_copy.load(source)


def test_svhn_writes_the_digit_0_as_10(
    nowhere: Path, mat_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sources.SOURCES["svhn"]
    nowhere.mkdir(exist_ok=True)
    for file in source.files:
        (nowhere / file).write_bytes(mat_file)
    with pytest.raises(DataError, match="damaged"):
        local_copy.load(source)
    md5 = hashlib.md5(mat_file).hexdigest()
    downloads = tuple(replace(part, md5=md5) for part in source.downloads)
    monkeypatch.setitem(sources.SOURCES, "svhn", replace(source, downloads=downloads))
    data = local_copy.load(sources.SOURCES["svhn"])
    expected = (np.arange(2 * 3 * 3 * 4) * 7 % 251).astype(np.uint8).reshape(2, 3, 3, 4)
    np.testing.assert_array_equal(data.train.images, expected.transpose(3, 0, 1, 2))
    assert data.train.labels.tolist() == [1, 0, 3, 9]
    assert data.classes == tuple("0123456789")


@pytest.fixture
def written(tmp_path: Path, mat_file: bytes) -> Path:
    path = tmp_path / "x.mat"
    path.write_bytes(mat_file)
    return path


def test_arrays_are_read_as_scipy_wrote_them(written: Path) -> None:
    arrays = local_copy.read_matlab(written)
    assert arrays.keys() == {"X", "y", "z"}
    expected = (np.arange(2 * 3 * 3 * 4) * 7 % 251).astype(np.uint8).reshape(2, 3, 3, 4)
    np.testing.assert_array_equal(arrays["X"], expected)
    np.testing.assert_array_equal(arrays["y"], [[1], [10], [3], [9]])
    np.testing.assert_array_equal(arrays["z"], [[1.5, 2], [3, 4]])


@pytest.mark.parametrize("keep", [0, 100, 130, 200, 260])
def test_a_torn_file_is_a_sentence(written: Path, keep: int) -> None:
    written.write_bytes(written.read_bytes()[:keep])
    with pytest.raises(DataError, match="MATLAB"):
        local_copy.read_matlab(written)


def test_another_kind_of_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    path.write_bytes(b"\x89HDF" + bytes(500))
    with pytest.raises(DataError, match="no MATLAB level 5 file"):
        local_copy.read_matlab(path)
