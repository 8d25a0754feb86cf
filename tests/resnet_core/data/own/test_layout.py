from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.data.own.layout import arrange, is_image
from resnet_core.errors import DataError


def names(*folders: str, count: int = 10) -> list[str]:
    return [f"{folder}/{i:03}.jpg" for folder in folders for i in range(count)]


def test_train_and_test_folders_are_taken_as_they_are() -> None:
    files = names("train/cat", "train/dog") + names("test/cat", "test/dog", count=3)
    layout = arrange(files, "here")
    assert layout.classes == ("cat", "dog")
    assert [files[i] for i in layout.train] == names("train/cat", "train/dog")
    assert [files[i] for i in layout.test] == names("test/cat", "test/dog", count=3)
    assert layout.test_labels.tolist() == [0] * 3 + [1] * 3


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_validation_folder_serves_where_there_is_no_test_folder(name: str) -> None:
    files = names("train/cat", "train/dog") + names(f"{name}/cat", count=3)
    assert len(arrange(files, "here").test) == 3
    both = files + names("test/cat", count=4)
    assert len(arrange(both, "here").test) == 4


def test_class_folders_alone_give_a_tenth_of_each_class_to_the_test() -> None:
    layout = arrange(names("cat", "dog", count=50), "here")
    assert np.bincount(layout.train_labels).tolist() == [45, 45]
    assert np.bincount(layout.test_labels).tolist() == [5, 5]
    assert not set(layout.train) & set(layout.test)


@pytest.mark.parametrize("around", ["", "pets/", "a/b/c/", "train/"])
def test_folders_around_the_classes_are_passed_through(around: str) -> None:
    files = [around + name for name in names("cat", "dog")]
    assert arrange(files, "here").classes == ("cat", "dog")


def test_the_order_of_the_names_does_not_matter() -> None:
    files = names("cat", "dog", "owl", count=20)
    mixed = list(np.random.default_rng(0).permutation(files))
    first, second = arrange(files, "here"), arrange(mixed, "here")
    assert [files[i] for i in first.train] == [mixed[i] for i in second.train]
    assert first.test_labels.tolist() == second.test_labels.tolist()


@given(counts=st.lists(st.integers(2, 15), min_size=2, max_size=6))
def test_every_image_has_one_place_and_its_folder_as_class(counts: list[int]) -> None:
    files = [name for i, n in enumerate(counts) for name in names(f"class {i}", count=n)]
    layout = arrange(files, "here")
    assert sorted([*layout.train, *layout.test]) == list(range(len(files)))
    for positions, labels in (
        (layout.train, layout.train_labels),
        (layout.test, layout.test_labels),
    ):
        assert [layout.classes[label] for label in labels] == [
            files[i].split("/")[0] for i in positions
        ]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "here contains no images"),
        (names("cat"), "only one class, 'cat'"),
        (names("train/cat") + names("test/cat"), "only one class, 'cat'"),
        (["1.jpg", "2.jpg"], "images lie outside class folders"),
        (["3.jpg", *names("cat", "dog")], "images lie outside class folders"),
        (names("train/cat", "train/dog", "test/eel"), "'eel' is in test but not in train"),
        (["cat/1.jpg", "dog/1.jpg"], "too few images"),
    ],
)
def test_what_cannot_be_learned_from_is_a_sentence(files: list[str], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as caught:
        arrange(files, "here")
    assert "here" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("cat/1.jpg", True),
        ("cat/1.JPEG", True),
        ("cat/notes.txt", False),
        ("cat/.hidden.png", False),
        ("__MACOSX/cat/._1.jpg", False),
        ("cat/Thumbs.db", False),
        ("cat/jpg", False),
    ],
)
def test_only_images_count(name: str, counts: bool) -> None:
    assert is_image(name) is counts
