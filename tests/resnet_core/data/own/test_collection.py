from __future__ import annotations

import io
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_core.data.own import collection
from resnet_core.errors import DataError, InvalidSetting

Pictures = Callable[..., dict[str, bytes]]
BOTH = {"train/": 6, "test/": 2}


def test_a_folder_and_archives_of_it_are_the_same_data(
    home: Path, tmp_path: Path, write: type, pictures: Pictures
) -> None:
    files = pictures(BOTH)
    folder = collection.load(write.folder(tmp_path / "pets", files))
    assert folder.train.images.shape == (18, 8, 8, 3)
    assert folder.test.images.shape == (6, 8, 8, 3)
    assert folder.classes == ("cat", "dog", "owl")
    first = np.asarray(Image.open(io.BytesIO(files["train/cat/000.png"])))
    np.testing.assert_array_equal(folder.train.images[0], first)
    backwards = dict(reversed(files.items()))
    for path in (
        write.zip(tmp_path / "pets.zip", files),
        write.tar(tmp_path / "pets.tar.xz", backwards, "w:xz"),
    ):
        archive = collection.load(path)
        assert archive.fingerprint == folder.fingerprint
        assert archive.name == folder.name == "pets"


def test_facts_are_those_of_the_loaded_data(
    home: Path, tmp_path: Path, write: type, pictures: Pictures
) -> None:
    for splits in (BOTH, {"": 20}):
        path = write.zip(tmp_path / f"pets{len(splits)}.zip", pictures(splits))
        facts, data = collection.facts(path), collection.load(path)
        assert (facts.train_images, facts.test_images) == (len(data.train), len(data.test))
        assert (facts.image_size, facts.channels) == (data.image_size, data.channels)
        assert facts.classes == len(data.classes)
        assert facts.title == data.name


def test_the_commonest_size_wins_and_the_others_are_resized(
    home: Path, tmp_path: Path, write: type, pictures: Pictures
) -> None:
    files = pictures(BOTH, size=8) | {
        "train/cat/large.png": write.encoded(np.full((20, 30, 3), 9, np.uint8)),
        "train/dog/small.png": write.encoded(np.full((3, 3), 200, np.uint8)),
    }
    data = collection.load(write.folder(tmp_path / "pets", files))
    assert data.image_size == 8
    flat = data.train.images[data.train.images.std(axis=(1, 2, 3)) == 0]
    assert sorted(image[0, 0, 0] for image in flat) == [9, 200]


@pytest.mark.parametrize(("size", "read"), [(300, 256), (2, 4)])
def test_sizes_beyond_what_an_experiment_takes_are_brought_within(
    home: Path, tmp_path: Path, write: type, pictures: Pictures, size: int, read: int
) -> None:
    path = write.folder(tmp_path / "pets", pictures({"": 4}, size=size))
    assert collection.facts(path).image_size == read
    assert collection.load(path).image_size == read


def test_a_second_load_reads_no_image(
    home: Path, tmp_path: Path, write: type, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write.folder(tmp_path / "pets", pictures(BOTH))
    first = collection.load(path)
    with monkeypatch.context() as patch:
        patch.setattr(collection, "decoding", None)
        assert collection.load(path).fingerprint == first.fingerprint
        assert collection.facts(path).train_images == 18
    (path / "train/cat/000.png").unlink()
    assert collection.facts(path).train_images == 17
    assert len(collection.load(path).train) == 17
    assert len(list((home / "cache").glob("*pixels*.npz"))) == 1  # the older one is gone


def test_a_damaged_cache_is_made_anew(
    home: Path, tmp_path: Path, write: type, pictures: Pictures
) -> None:
    path = write.folder(tmp_path / "pets", pictures(BOTH))
    first = collection.load(path)
    for stored in (home / "cache").glob("*.npz"):
        stored.write_bytes(stored.read_bytes()[:300])
    assert collection.load(path).fingerprint == first.fingerprint


def test_a_rewritten_archive_is_read_again(
    home: Path, tmp_path: Path, write: type, pictures: Pictures
) -> None:
    path = write.zip(tmp_path / "pets.zip", pictures(BOTH))
    collection.load(path)
    write.zip(path, pictures(BOTH, classes=("ant", "bee")))
    os.utime(path, (1, 1))
    assert collection.load(path).classes == ("ant", "bee")


@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_bad_images_are_refused_by_name_before_any_is_decoded(
    home: Path, tmp_path: Path, write: type, pictures: Pictures, form: str
) -> None:
    bomb = write.encoded(np.zeros((1, 1, 3), np.uint8))
    at = bomb.index(b"IHDR") + 4
    header = (13_000).to_bytes(4, "big") * 2
    bomb = bomb[:at] + header + bomb[at + 8 :]
    bomb = bomb[: at + 13] + _crc(bomb[at - 4 : at + 13]) + bomb[at + 17 :]
    path = tmp_path / {"folder": "pets", "zip": "pets.zip", "tar": "pets.tar.gz"}[form]
    save = getattr(write, form)
    save(path, pictures(BOTH) | {"train/cat/bomb.png": bomb})
    with pytest.raises(DataError, match=r"bomb\.png.* has 13000 x 13000 pixels"):
        collection.facts(path)
    other = path.with_name("b" + path.name)
    save(other, pictures(BOTH) | {"train/cat/notes.png": b"no image"})
    with pytest.raises(DataError, match=r"notes\.png.* cannot be read as an image"):
        collection.facts(other)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "no images"),
        ({"cat/notes.txt": b""}, "no images"),
        ({"cat/1.png": b"1"}, "one class"),
    ],
)
def test_folders_without_two_classes_are_refused(
    home: Path, tmp_path: Path, write: type, files: dict[str, bytes], sentence: str
) -> None:
    image = write.encoded(np.zeros((8, 8, 3), np.uint8))
    files = {name: image if content else b"" for name, content in files.items()}
    (tmp_path / "pets").mkdir()
    with pytest.raises(DataError, match=sentence):
        collection.facts(write.folder(tmp_path / "pets", files))


def test_what_does_not_fit_into_memory_names_the_size_that_does(
    home: Path, tmp_path: Path, write: type, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write.folder(tmp_path / "pets", pictures({"": 10}, size=32))
    monkeypatch.setattr(collection, "MOST_BYTES", 30 * 3 * 16 * 16)
    with pytest.raises(InvalidSetting, match="at most 16") as caught:
        collection.load(path)
    assert caught.value.field == "image_size"
    assert collection.load(path, image_size=16).image_size == 16


def test_a_folder_that_changes_while_it_is_read_is_a_sentence(
    home: Path, tmp_path: Path, write: type, pictures: Pictures
) -> None:
    path = write.folder(tmp_path / "pets", pictures({"": 10}))
    with pytest.raises(DataError, match="has changed"):
        collection._read(path, files=29, size=8)


def test_the_jpeg_copy_of_cifar_10_is_named_as_such(home: Path, cifar_jpeg: Path) -> None:
    facts = collection.facts(cifar_jpeg)
    assert facts.title == "CIFAR-10 (JPEG copy)"
    assert (facts.train_images, facts.test_images) == (50_000, 10_000)
    assert (facts.image_size, facts.classes) == (32, 10)


def test_sixty_thousand_images_come_from_the_cache_within_a_second(
    home: Path, tmp_path: Path, write: type, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {
        "classes": np.array(["a", "b"]),
        "train_images": np.ones((50_000, 32, 32, 3), np.uint8),
        "train_labels": np.arange(50_000) % 2,
        "test_images": np.ones((10_000, 32, 32, 3), np.uint8),
        "test_labels": np.arange(10_000) % 2,
    }
    monkeypatch.setattr(collection, "_read", lambda *_: made)
    path = write.zip(tmp_path / "pets.zip", pictures(BOTH))
    collection.load(path)
    before = time.process_time()
    assert len(collection.load(path).train) == 50_000
    assert time.process_time() - before < 1


def _crc(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "big")
