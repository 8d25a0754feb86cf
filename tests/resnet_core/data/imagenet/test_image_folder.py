from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.data.imagenet import image_folder
from resnet_core.errors import DataError, InvalidSetting
from tests.picture_folders import CLASSES, draw_folder


def test_every_picture_has_its_place_and_class(home: Path, photographs: Path) -> None:
    found = image_folder.load(photographs)
    assert found.classes == CLASSES
    assert (len(found.train), len(found.test), found.image_size) == (30, 12, 224)
    for part, name in ((found.train, "train"), (found.test, "val")):
        on_disk = sorted(p for p in (photographs / name).rglob("*") if p.is_file())
        assert [part.path(place) for place in range(len(part))] == on_disk
        assert [found.classes[label] for label in part.labels] == [p.parent.name for p in on_disk]


def test_facts_agree_and_open_no_picture(
    home: Path, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resnet_core.data.decoding.size_of", None)
    facts = catalog.facts(Selection(str(photographs), None, 12, 6, on_disk=True))
    assert (facts.train_images, facts.test_images, facts.most_train_images) == (12, 6, 30)
    assert (facts.image_size, facts.channels, facts.classes) == (224, 3, 3)
    held = catalog.facts(Selection(str(photographs), 64, validation=True, on_disk=True))
    assert (held.train_images, held.test_images, held.image_size) == (27, 3, 64)


def test_the_listing_is_kept_until_a_folder_changes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = draw_folder(tmp_path / "mine", train=6, test=3)
    before = image_folder.load(root)
    with monkeypatch.context() as patch:
        patch.setattr(image_folder, "members", None)
        kept = image_folder.load(root)
        assert kept.fingerprint == before.fingerprint
        image_folder.facts(root)
        # Written over under its own name: put right, and the listing is the same.
        before.train.path(0).write_bytes(before.train.path(1).read_bytes())
        assert image_folder.load(root).fingerprint == before.fingerprint
    added = root / "train" / CLASSES[1] / "new.jpg"
    added.write_bytes(before.train.path(1).read_bytes())
    os.utime(added.parent, ns=(1, 1))  # clocks may be too coarse to tell
    after = image_folder.load(root)
    assert len(after.train) == len(before.train) + 1
    assert after.fingerprint != before.fingerprint
    assert image_folder.facts(root).train_images == 7


def test_a_damaged_listing_is_made_again(home: Path, tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "mine", train=6, test=3)
    image_folder.load(root)
    (listing,) = (home / "cache").rglob("pictures-*.npz")
    listing.write_bytes(listing.read_bytes()[:100])
    assert len(image_folder.load(root).train) == 6
    with np.load(listing) as stored:
        facts = {name: stored[name] for name in stored.files if not name.startswith("train")}
    np.savez(listing, **facts)
    assert image_folder.facts(root).train_images == 6
    assert len(image_folder.load(root).train) == 6


def test_subsets_and_the_split_are_those_of_images_in_memory(home: Path, photographs: Path) -> None:
    chosen = catalog.load_folder(Selection(str(photographs), None, 6, 3))
    assert np.bincount(chosen.train.labels).tolist() == [2, 2, 2]
    split = catalog.load_folder(Selection(str(photographs), validation=True))
    assert (len(split.train), len(split.test)) == (27, 3)
    assert not set(split.train.names) & set(split.test.names)
    with pytest.raises(InvalidSetting, match=r"train_images: there are 30 images in .*, not 31"):
        catalog.load_folder(Selection(str(photographs), None, 31))


def test_imagenets_own_tested_have_no_classes_and_are_passed_over(
    home: Path, tmp_path: Path
) -> None:
    root = draw_folder(tmp_path / "mine", train=6, test=3)
    (root / "test").mkdir()
    (root / "test" / "ILSVRC_1.jpg").write_bytes(b"")
    assert len(image_folder.load(root).test) == 3
    (root / "test" / CLASSES[0]).mkdir()  # with classes, it is the test set
    (root / "test" / CLASSES[0] / "1.jpg").write_bytes(b"")
    os.utime(root / "test", ns=(1, 1))
    assert len(image_folder.load(root).test) == 1


@pytest.mark.parametrize("name", ["shapes", "cifar10"])
def test_only_a_folder_will_do(home: Path, name: str) -> None:
    with pytest.raises(InvalidSetting, match=r"data: .* folder of images, train/CLASS"):
        catalog.load_folder(Selection(name))


def test_an_empty_folder_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="contains no images"):
        image_folder.load(tmp_path)
