from __future__ import annotations

import os
from pathlib import Path

import pytest

from resnet_core.data.public import sources
from resnet_core.data.public.sources import SOURCES

CIFAR, MNIST, SVHN = SOURCES["cifar10"], SOURCES["mnist"], SOURCES["svhn"]


def put(folder: Path, names: tuple[str, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")


def test_files_and_checksums_are_torchvisions() -> None:
    from torchvision import datasets

    for name, theirs in (("cifar10", datasets.CIFAR10), ("cifar100", datasets.CIFAR100)):
        mine = SOURCES[name]
        (download,) = mine.downloads
        assert (download.file, download.md5) == (theirs.filename, theirs.tgz_md5)
        assert download.urls == (theirs.url,)
        assert mine.folder == theirs.base_folder
        needed = {file for file, _ in theirs.train_list + theirs.test_list}
        assert set(mine.files) == needed | {theirs.meta["filename"]}
    for name, theirs in (("mnist", datasets.MNIST), ("fashionmnist", datasets.FashionMNIST)):
        mine = SOURCES[name]
        assert [(d.file, d.md5) for d in mine.downloads] == list(theirs.resources)
        for download in mine.downloads:
            assert list(download.urls) == [root + download.file for root in theirs.mirrors]
        assert mine.folder == f"{theirs.__name__}/raw"
    for download, part in zip(SVHN.downloads, ("train", "test"), strict=True):
        url, file, md5 = datasets.SVHN.split_list[part]
        assert (download.urls, download.file, download.md5) == ((url,), file, md5)


@pytest.mark.parametrize("place", ["data", "datasets", ".cache/torchvision", "data/cifar10"])
def test_a_copy_is_found_in_the_usual_places(nowhere: Path, place: str) -> None:
    assert sources.find_ready(CIFAR) is None
    put(Path(place) / CIFAR.folder, CIFAR.files)  # the working folder is the home folder here
    found = sources.find_ready(CIFAR)
    assert found is not None
    assert found.resolve() == Path(place).resolve()


def test_the_setting_goes_before_the_usual_places_and_may_list_several(
    nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(nowhere, SVHN.files)
    put(tmp_path / "b", SVHN.files)
    assert sources.find_ready(SVHN) == nowhere
    monkeypatch.setenv(sources.PLACES_VARIABLE, os.pathsep.join([str(tmp_path / "a"), ""]))
    assert sources.find_ready(SVHN) == nowhere
    both = [str(tmp_path / "a"), str(tmp_path / "b")]
    monkeypatch.setenv(sources.PLACES_VARIABLE, os.pathsep.join(both))
    assert sources.find_ready(SVHN) == tmp_path / "b"


def test_an_incomplete_copy_is_none(nowhere: Path) -> None:
    put(nowhere / CIFAR.folder, CIFAR.files[1:])
    assert sources.find_ready(CIFAR) is None


def test_published_files_are_found_before_they_are_unpacked(nowhere: Path) -> None:
    assert sources.find_packed(CIFAR) is None
    put(nowhere, ("cifar-10-python.tar.gz",))
    assert sources.find_packed(CIFAR) == [nowhere / "cifar-10-python.tar.gz"]


def test_files_that_two_sets_name_alike_are_told_apart_by_their_folder(nowhere: Path) -> None:
    names = tuple(download.file for download in MNIST.downloads)
    put(nowhere, names)
    fashion = SOURCES["fashionmnist"]
    assert sources.find_packed(MNIST) is None
    assert sources.find_packed(fashion) is None
    put(sources.where_to_put(fashion), names)
    assert sources.find_packed(MNIST) is None
    assert sources.find_packed(fashion) is not None
    put(nowhere / "mnist", names)
    assert sources.find_packed(MNIST) == [nowhere / "mnist" / name for name in names]
