from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.data.public import sources
from resnet_core.errors import DataError, InvalidSetting, PlaygroundError
from resnet_core.experiments.experiment import Experiment

Pictures = Callable[..., dict[str, bytes]]

ARGUMENTS: list[dict[str, Any]] = [
    {},
    {"image_size": 4},
    {"train_images": 20, "test_images": 3},
    {"validation": True},
    {"validation": True, "train_images": 20, "test_images": 2, "image_size": 5},
]


@pytest.fixture
def pets(nowhere: Path, tmp_path: Path, write: type, pictures: Pictures) -> Path:
    return write.zip(tmp_path / "pets.zip", pictures({"train/": 10, "test/": 2}))


@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("kind", ["shapes", "archive", "npz"])
def test_facts_are_those_of_what_is_loaded(
    pets: Path, tmp_path: Path, kind: str, arguments: dict[str, Any]
) -> None:
    name = {"shapes": "shapes", "archive": str(pets), "npz": str(tmp_path / "x.npz")}[kind]
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    np.savez(tmp_path / "x.npz", images=images, labels=np.arange(60) % 3)
    facts, data = (
        catalog.facts(Selection(name, **arguments)),
        catalog.load(Selection(name, **arguments)),
    )
    assert facts.title == data.name
    assert (facts.train_images, facts.test_images) == (len(data.train), len(data.test))
    assert (facts.image_size, facts.channels) == (data.image_size, data.channels)
    assert facts.classes == len(data.classes)
    assert facts.name == catalog.canonical(name)


def test_a_name_with_arguments_is_a_selection(nowhere: Path) -> None:
    named = catalog.load("shapes", 8, 40, 20)
    selected = catalog.load(Selection("shapes", 8, 40, 20))
    assert (len(named.train), len(named.test), named.image_size) == (40, 20, 8)
    np.testing.assert_array_equal(named.train.images, selected.train.images)


def test_facts_of_public_sets_are_known_without_a_copy(nowhere: Path) -> None:
    facts = catalog.facts(Selection("cifar10", validation=True))
    assert (facts.train_images, facts.test_images) == (45_000, 5_000)
    assert (facts.title, facts.image_size, facts.channels) == ("CIFAR-10", 32, 3)
    assert catalog.facts(Selection("mnist")).channels == 1
    assert catalog.facts(Selection("cifar100")).classes == 100


def test_more_shapes_are_drawn_on_demand(nowhere: Path) -> None:
    data = catalog.load(Selection("shapes", train_images=6000, test_images=1200))
    assert (len(data.train), len(data.test)) == (6000, 1200)
    assert set(np.bincount(data.train.labels)) == {600}
    split = catalog.load(Selection("shapes", train_images=6000, validation=True))
    assert len(split.train) == 6000
    assert catalog.facts(
        Selection("shapes", train_images=6000, validation=True)
    ).test_images == len(split.test)


def test_subsets_of_shapes_do_not_depend_on_how_they_are_asked_for(nowhere: Path) -> None:
    few = catalog.load(Selection("shapes", train_images=100, test_images=50, image_size=16))
    by_hand = catalog.load(Selection("shapes")).subset(100, 50).resized(16)
    assert few.fingerprint == by_hand.fingerprint


@pytest.mark.parametrize(
    ("name", "arguments", "field", "most"),
    [
        ("cifar10", {"train_images": 50_001}, "train_images", 50_000),
        ("cifar10", {"train_images": 45_001, "validation": True}, "train_images", 45_000),
        ("cifar10", {"test_images": 0}, "test_images", 10_000),
        ("shapes", {"train_images": 200_001}, "train_images", 200_000),
        ("shapes", {"test_images": 513, "validation": True}, "test_images", 512),
    ],
)
def test_more_images_than_there_are_is_refused_with_the_most(
    nowhere: Path, name: str, arguments: dict[str, Any], field: str, most: int
) -> None:
    with pytest.raises(InvalidSetting, match=str(most)) as caught:
        catalog.facts(Selection(name, **arguments))
    assert caught.value.field == field
    if name == "shapes":
        with pytest.raises(InvalidSetting, match=str(most)):
            catalog.load(Selection(name, **arguments))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cifar11", "did you mean cifar10"),
        ("shape", "did you mean shapes"),
        ("imagenet", "choose shapes, cifar10"),
        ("/no/such/place", "no data set and no file"),
        ("a\u202eb", r"a\\\\u202eb"),
        ("x" * 900, "xxx"),
        ("~nobody-of-this-name/pets", "no data set and no file"),
        ("a\0b", "no data set and no file"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(
    nowhere: Path, name: str, sentence: str
) -> None:
    for call in (catalog.facts, catalog.load, catalog.load_folder):
        with pytest.raises(InvalidSetting, match=sentence):
            call(Selection(name))
    for check in (catalog.require, catalog.canonical):
        with pytest.raises(InvalidSetting, match=sentence) as caught:
            check(name)
        assert caught.value.field == "data"
        assert len(str(caught.value)) < 400


def test_a_file_of_another_kind_is_refused(nowhere: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InvalidSetting, match="neither a folder nor"):
        catalog.facts(Selection(str(tmp_path / "notes.txt")))


@pytest.mark.parametrize("name", ["CIFAR-10", "Cifar10", "fashion_mnist", " mnist "])
def test_known_names_are_understood_as_people_write_them(nowhere: Path, name: str) -> None:
    assert catalog.canonical(name) in sources.SOURCES
    assert catalog.facts(Selection(name)).name in sources.SOURCES


def test_a_folder_never_stands_in_for_a_known_set(
    nowhere: Path, write: type, pictures: Pictures
) -> None:
    write.folder(Path("cifar10"), pictures({"train/": 10, "test/": 2}))
    with pytest.raises(DataError, match="no copy of CIFAR-10"):
        catalog.load(Selection("cifar10"))
    assert catalog.facts(Selection("./cifar10")).train_images == 30


def test_a_path_means_the_same_from_anywhere(
    pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Path(catalog.canonical("pets.zip")) == pets.resolve()
    monkeypatch.chdir("/")
    with pytest.raises(InvalidSetting):
        catalog.canonical("pets.zip")
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_DATA", str(tmp_path))
    assert Path(catalog.canonical("pets.zip")) == pets.resolve()


def test_require_tells_of_a_missing_copy_before_anything_is_queued(
    nowhere: Path, published: dict[str, dict[str, bytes]]
) -> None:
    catalog.require("shapes")
    with pytest.raises(DataError, match=r"put cifar-10-python\.tar\.gz into"):
        catalog.require("cifar10")
    nowhere.mkdir(exist_ok=True)
    for file, content in published["cifar10"].items():
        (nowhere / file).write_bytes(content)
    catalog.require("cifar10")


def test_what_is_available_is_listed_with_where_it_is(
    nowhere: Path, write: type, pictures: Pictures
) -> None:
    files = pictures({"": 4})
    nowhere.mkdir(exist_ok=True)
    write.zip(nowhere / "pets.zip", files)
    write.folder(nowhere / "animals", files)
    (nowhere / "notes.txt").write_text("hello")
    entries = {entry.name: entry for entry in catalog.available()}
    assert list(entries)[: len(catalog.NAMES)] == list(catalog.NAMES)
    assert entries["shapes"].present
    assert not entries["svhn"].present
    assert "train_32x32.mat" in str(entries["svhn"].access)
    assert entries[str(nowhere / "pets.zip")].title == "pets"
    assert entries[str(nowhere / "animals")].present
    assert len(entries) == len(catalog.NAMES) + 2
    for file in sources.SOURCES["svhn"].files:
        (nowhere / file).write_bytes(b"")
    assert {entry.name: entry for entry in catalog.available()}["svhn"].where == nowhere


@pytest.mark.parametrize("validation", [False, True])
def test_every_argument_gives_data_or_a_sentence(pets: Path, validation: bool) -> None:
    for name in ("shapes", str(pets), "cifar10"):
        for count in (1, 2, 10**9):
            try:
                data = catalog.load(Selection(name, 4, count, None, validation))
            except PlaygroundError as error:
                message = str(error)
            else:
                message = data.name
                assert len(data.train) == count
            assert message


def test_the_catalogue_needs_no_torch() -> None:
    code = (
        "import sys; from resnet_core.data import catalog; "
        "from resnet_core.data.dataset import Selection; "
        "from resnet_core.data.public import download; catalog.facts(Selection('cifar10'));"
        "catalog.facts(Selection('shapes')); "
        "sys.exit(any(m in sys.modules for m in ('torch', 'torchvision')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_experiment_selects_the_images_that_it_uses() -> None:
    experiment = Experiment(
        data="shapes", image_size=16, train_images=600, test_images=70, validation=True
    )
    assert Selection.of(experiment) == Selection("shapes", 16, 600, 70, True, on_disk=False)
    assert Selection.of(Experiment(network="imagenet/resnet-18", data="photographs")).on_disk
