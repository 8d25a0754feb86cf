from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.data.own.layout import arrange
from resnet_core.data.own.listing import Listing
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
        (
            [*names(".", count=8), *names("cat", "dog")],
            "images lie outside class folders",
        ),
        (names("train/cat", "train/dog", "test/eel"), "'eel' is in test but not in the training"),
        (["cat/1.jpg", "dog/1.jpg"], "too few images"),
    ],
)
def test_what_cannot_be_learned_from_is_a_sentence(files: list[str], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as caught:
        arrange(files, "here")
    assert "here" in str(caught.value)


def said(files: list[str] | Listing) -> str:
    return " ".join(str(note) for note in arrange(files, "here").notes)


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training", "testing"),
        ("Train", "Test"),
        ("TRAIN", "VAL"),
        ("trainingSet", "testSet"),
        ("training_set", "test_set"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("training_set/training_set", "test_set/test_set"),
        ("train2017", "val2017"),
        ("images/train", "images/dev"),
        ("train/images", "eval/images"),
        ("학습", "검증"),
        ("data/Training", "data/Validation"),
    ],
)
def test_splits_are_never_classes_however_they_are_spelled(train: str, test: str) -> None:
    files = names(f"{train}/cat", f"{train}/dog") + names(f"{test}/cat", f"{test}/dog", count=3)
    layout = arrange(files, "here")
    assert layout.classes == ("cat", "dog")
    assert (len(layout.train), len(layout.test)) == (20, 6)
    assert "training images from" in said(files)


def test_splits_inside_each_class_are_splits() -> None:
    files = names("cat/train", "dog/train") + names("cat/test", "dog/test", count=3)
    layout = arrange(files, "here")
    assert (layout.classes, len(layout.train), len(layout.test)) == (("cat", "dog"), 20, 6)


@pytest.mark.parametrize(
    ("beside", "flat"),
    [("test/images", True), ("test", True), ("seg_pred/seg_pred", True), ("unlabeled", True)],
)
def test_test_images_without_labels_are_passed_over_and_said(beside: str, flat: bool) -> None:
    files = names("train/cat", "train/dog") + names("val/cat", "val/dog", count=3)
    layout = arrange(files + names(beside, count=4), "here")
    assert (len(layout.train), len(layout.test)) == (20, 6)
    assert "left out:" in said(files + names(beside, count=4))
    alone = arrange(names("train/cat", "train/dog") + names(beside, count=4), "here")
    assert (len(alone.train), len(alone.test)) == (18, 2)


def test_a_class_may_be_called_train() -> None:
    assert arrange(names("train", "bus", "car"), "here").classes == ("bus", "car", "train")
    assert arrange(names("test", "control"), "here").classes == ("control", "test")
    assert arrange(names("with_mask", "without_mask"), "here").classes[0] == "with_mask"


def test_masks_beside_images_are_not_classes() -> None:
    birds = names("images/albatross", "images/auklet")
    masks = [n.replace("images", "segmentations").replace("jpg", "png") for n in birds]
    assert arrange(birds + masks, "here").classes == ("albatross", "auklet")
    assert "segmentations, 20 images, as masks" in said(birds + masks)
    flat = names("train/cat", "train/dog", "masks/cat", "masks/dog")
    assert arrange(flat, "here").classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (names("color/cat", "color/dog", "grey/cat", "grey/dog"), "color and grey hold the same"),
        (names("train/cat", "train/dog", "extra/cat", "extra/dog"), "only train is named"),
        (names("train", "test"), "test and train hold images without class folders"),
        (names("train", "test", "cat"), "named as splits and others as classes"),
        (names("face", "mask"), "looks like masks of face"),
        (names("trainingSet/0", "trainingSet/1", "trainingSample/0", "trainingSample/1"), "all"),
        (names("test/cat", "test/dog", "val/cat", "val/dog"), "none as training"),
        (names("images") + names("annotations/trimaps"), "outside class folders|only one class"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_the_folders(
    files: list[str], sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        arrange(files, "here")


def test_a_picture_beside_the_classes_is_left_out_by_name() -> None:
    files = ["chart.png", *names("cat", "dog")]
    assert len(arrange(files, "here").train) == 18
    assert "chart.png" in said(files)
    assert arrange(["chart.png", *names("pets/cat", "pets/dog")], "here").classes == ("cat", "dog")


def test_folders_inside_classes_and_the_order_of_numbers_are_said() -> None:
    coarse = names("train/fish/ray", "train/fish/shark", "train/tree/oak", "train/tree/pine")
    assert arrange(coarse, "here").classes == ("fish", "tree")
    assert "the class train/fish takes in its folders ray, shark" in said(coarse)
    assert "0, 1, 10, 11, 2" in said(names(*map(str, range(12))))
    assert "order" not in said(names("cat", "dog"))


def test_composed_and_decomposed_names_are_one_class() -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    files = names(f"train/{composed}", "train/dog") + names(f"test/{apart}", "test/dog", count=2)
    assert arrange(files, "here").classes == (composed, "dog")
    assert len(arrange(files, "here").test) == 4


def test_labels_come_from_a_table_where_no_folder_gives_them() -> None:
    rows = "".join(f"{i:03},{('cat', 'dog')[i % 2]}\n" for i in range(10))
    listing = Listing.of(names("train") + names("test", count=4))
    listing.tables["trainLabels.csv"] = f"id,label\n{rows}".encode()
    layout = arrange(listing, "here")
    assert (layout.classes, len(layout.train), len(layout.test)) == (("cat", "dog"), 9, 1)
    wide = Listing.of(names("images", count=12))
    lines = "".join(f"{i:03},{int(i % 2)},{int(not i % 2)}\n" for i in range(12))
    wide.tables["labels.csv"] = f"image,MEL,NV\n{lines}".encode()
    assert arrange(wide, "here").classes == ("MEL", "NV")


def test_tiny_imagenets_validation_images_have_their_labels_in_a_table() -> None:
    train = [f"train/{c}/images/{i}.JPEG" for c in ("n01", "n02") for i in range(10)]
    listing = Listing.of(train + [f"val/images/val_{i}.JPEG" for i in range(6)])
    lines = [f"val_{i}.JPEG\t{('n01', 'n02')[i % 2]}\t0\t0\t62\t62\n" for i in range(6)]
    listing.tables["val/val_annotations.txt"] = "".join(lines).encode()
    listing.tables["train/n01/n01_boxes.txt"] = b"0.JPEG\t0\t0\t62\t62\n"
    layout = arrange(listing, "here")
    assert (len(layout.train), layout.test_labels.tolist()) == (20, [0, 1, 0, 1, 0, 1])
