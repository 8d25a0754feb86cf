from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from resnet_core.data.own import archives, arrays
from resnet_core.errors import DataError


def pixels(count: int = 40, size: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


def labels(count: int = 40) -> np.ndarray:
    return np.arange(count) % 4


def saved(path: Path, **content: object) -> Path:
    np.savez_compressed(path, **content)  # type: ignore[arg-type]
    return path


def test_images_labels_and_classes_are_read_and_split(tmp_path: Path) -> None:
    names = np.array(["a", "b", "c", "d"])
    path = saved(tmp_path / "mine.npz", images=pixels(), labels=labels(), classes=names)
    data, facts = arrays.load(path), arrays.facts(path)
    assert data.name == facts.title == "mine"
    assert data.classes == ("a", "b", "c", "d")
    assert (len(data.train), len(data.test)) == (facts.train_images, facts.test_images) == (36, 4)
    assert np.bincount(data.test.labels).tolist() == [1, 1, 1, 1]
    where = {image.tobytes(): label for image, label in zip(pixels(), labels(), strict=True)}
    for part in (data.train, data.test):
        for image, label in zip(part.images, part.labels, strict=True):
            assert where[image.tobytes()] == label


def test_grey_images_have_one_channel_and_classes_may_be_left_out(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.npz", images=pixels()[..., 0], labels=labels().astype(np.uint8))
    assert arrays.facts(path).channels == 1
    data = arrays.load(path)
    assert data.train.images.shape == (36, 8, 8, 1)
    assert data.classes == ("0", "1", "2", "3")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"labels": labels()}, "no array 'images'"),
        ({"images": pixels()}, "no array 'labels'"),
        ({"images": pixels().astype(np.float32), "labels": labels()}, "must be uint8"),
        ({"images": pixels()[..., :2], "labels": labels()}, "must be uint8 of shape"),
        ({"images": pixels()[:, :5], "labels": labels()}, "must be square"),
        ({"images": pixels(4, 300), "labels": labels(4)}, "from 4 to 256"),
        ({"images": pixels(), "labels": labels()[:9]}, "40 whole numbers"),
        ({"images": pixels(), "labels": labels() * 0.5}, "40 whole numbers"),
        ({"images": pixels(), "labels": labels() * 0}, "1 class"),
        ({"images": pixels(), "labels": labels() - 1}, "from 0 to"),
        ({"images": pixels(), "labels": labels(), "classes": np.array(["a", "b"])}, "2 classes"),
        ({"images": pixels(), "labels": labels(), "classes": np.arange(4)}, "list of texts"),
        ({"images": pixels(4), "labels": labels(4)}, "too few"),
        ({"images": pixels(0), "labels": labels(0)}, "0 class"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(
    tmp_path: Path, content: dict[str, np.ndarray], sentence: str
) -> None:
    path = saved(tmp_path / "x.npz", **content)
    for read in (arrays.facts, arrays.load):
        with pytest.raises(DataError, match=sentence) as caught:
            read(path)
        assert "x.npz" in str(caught.value)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return pytest.fail, ("it was unpickled",)

    for name in ("images", "labels", "classes"):
        content = {"images": pixels(), "labels": labels(), name: np.array([Trap()] * 40, object)}
        with pytest.raises(DataError):
            arrays.load(saved(tmp_path / "x.npz", **content))


def test_a_header_that_lies_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        buffer = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            buffer, {"descr": "|u1", "fortran_order": False, "shape": (10**9, 32, 32, 3)}
        )
        archive.writestr("images.npy", buffer.getvalue() + bytes(100))
    with pytest.raises(DataError, match="claims 3072000000000 bytes"):
        arrays.facts(path)


def test_a_thousandfold_compression_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "RATIO_FROM_BYTES", 2**18)
    monkeypatch.setattr(archives, "MAX_RATIO", 300)
    images = np.zeros((10_000, 32, 32, 3), np.uint8)
    path = saved(tmp_path / "x.npz", images=images, labels=labels(10_000))
    with pytest.raises(DataError, match=r"'images\.npy' expands"):
        arrays.facts(path)


@pytest.mark.parametrize("keep", [0, 100, 3000])
def test_a_damaged_file_is_a_sentence(tmp_path: Path, keep: int) -> None:
    path = saved(tmp_path / "x.npz", images=pixels(), labels=labels())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="cannot be read as an npz"):
        arrays.facts(path)


def test_damaged_pixels_are_a_sentence(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.npz", images=pixels(), labels=labels())
    content = bytearray(path.read_bytes())
    content[3000:3010] = bytes(10)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"'images' .* is damaged"):
        arrays.load(path)


def test_the_sample_of_cifar_10_is_read(cifar_lossless: Path) -> None:
    facts, data = arrays.facts(cifar_lossless), arrays.load(cifar_lossless)
    assert (facts.train_images, facts.test_images, facts.classes) == (4577, 508, 10)
    assert data.train.images.shape == (4577, 32, 32, 3)
    assert data.classes[:2] == ("airplane", "automobile")


@pytest.mark.parametrize(
    "names",
    [
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "Y_train", "X_val", "Y_val"),
        ("train_x", "train_y", "test_x", "test_y"),
    ],
)
def test_a_file_with_a_test_part_is_taken_as_it_is_divided(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    parts = pixels(), labels()[:, None], pixels()[:6], labels()[:6, None]
    path = saved(tmp_path / "x.npz", **dict(zip(names, parts, strict=True)))
    data, facts = arrays.load(path), arrays.facts(path)
    assert (len(data.train), len(data.test)) == (len(labels()), 6)
    assert (facts.train_images, facts.test_images) == (len(labels()), 6)
    np.testing.assert_array_equal(data.test.labels, labels()[:6])
    assert names[0] in str(facts.reading())


def test_other_orders_of_axes_and_kinds_of_labels_are_read(tmp_path: Path) -> None:
    plain = arrays.load(saved(tmp_path / "a.npz", images=pixels(), labels=labels()))
    planes = np.ascontiguousarray(pixels().transpose(0, 3, 1, 2))
    texts = np.array([f"class {label}" for label in labels()])
    hot = np.eye(int(labels().max()) + 1, dtype=np.float32)[labels()]
    for number, (images, kind) in enumerate(
        [(planes, labels()), (pixels(), texts), (pixels(), hot)]
    ):
        data = arrays.load(saved(tmp_path / f"{number}.npz", x=images, y=kind))
        np.testing.assert_array_equal(data.train.images, plain.train.images)
        np.testing.assert_array_equal(data.train.labels, plain.train.labels)


def test_arrays_that_are_left_out_are_said(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.npz", images=pixels(), labels=labels(), extra=np.zeros(3))
    assert "left out: the arrays extra" in str(arrays.facts(path).reading())


@pytest.mark.parametrize("head", [b"{'descr': '|u1', 'shape': (3", b"\xff\xfe", b"((((((", b""])
def test_a_header_that_cannot_be_read_is_a_sentence(tmp_path: Path, head: bytes) -> None:
    path = saved(tmp_path / "x.npz", images=pixels(), labels=labels())
    with zipfile.ZipFile(path, "w") as archive:
        content = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head
        archive.writestr("images.npy", content)
        archive.writestr("labels.npy", content)
    with pytest.raises(DataError, match="cannot be read as an npz"):
        arrays.facts(path)


def test_an_npz_packed_with_bz2_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.npz", images=pixels(), labels=labels())
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(tmp_path / "b.npz", "w", zipfile.ZIP_BZIP2) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(DataError, match="packed in a way that is not read"):
        arrays.facts(tmp_path / "b.npz")
