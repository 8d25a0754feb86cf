"""Public sets in the forms in which they are handed out, at any path."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from resnet_core.data import catalog
from resnet_core.data.dataset import Dataset, Selection
from resnet_core.errors import DataError

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (30, 32, 32, 3), np.uint8)
LABELS = [i % 3 for i in range(30)]


def load(path: Path) -> Dataset:
    data = catalog.load(Selection(str(path)))
    facts = catalog.facts(Selection(str(path)))
    assert (facts.train_images, facts.test_images) == (len(data.train), len(data.test))
    assert facts.class_names == data.classes
    return data


def planes(images: np.ndarray) -> np.ndarray:
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


@pytest.fixture(params=[2, 4, 5])
def cifar(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "data/cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name, part in (("data_batch_1", slice(0, 20)), ("test_batch", slice(20, 30))):
        values = {b"data": planes(PIXELS[part]), b"labels": LABELS[part]}
        (folder / name).write_bytes(pickle.dumps(values, protocol=request.param))
    names = {b"label_names": [b"cat", b"dog", b"owl"]}
    (folder / "batches.meta").write_bytes(pickle.dumps(names, protocol=request.param))
    return folder


def test_cifars_batches_are_read_at_their_path_above_it_and_packed(cifar: Path) -> None:
    packed = cifar.parents[1] / "cifar-10-python.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(cifar, cifar.name)
    for path in (cifar, cifar.parent, packed):
        data = load(path)
        assert data.classes == ("cat", "dog", "owl")
        np.testing.assert_array_equal(data.train.images, PIXELS[:20])
        np.testing.assert_array_equal(data.test.labels, LABELS[20:])


def test_a_batch_that_names_a_function_is_refused_and_not_run(cifar: Path) -> None:
    mark = cifar / "ran"

    class Program:
        def __reduce__(self) -> object:
            return (Path.touch, (mark,))

    (cifar / "data_batch_1").write_bytes(pickle.dumps({b"data": Program()}))
    with pytest.raises(DataError, match="data_batch_1 is not a CIFAR batch"):
        load(cifar)
    assert not mark.exists()


def test_binary_batches_have_a_label_before_each_image(tmp_path: Path) -> None:
    rows = np.concatenate([np.array(LABELS, np.uint8)[:, None], planes(PIXELS)], axis=1)
    (tmp_path / "data_batch_1.bin").write_bytes(rows[:20].tobytes())
    (tmp_path / "test_batch.bin").write_bytes(rows[20:].tobytes())
    data = load(tmp_path)
    np.testing.assert_array_equal(data.train.images, PIXELS[:20])
    assert data.test.labels.tolist() == LABELS[20:]


@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_mnists_files_are_read_whatever_their_dots_and_packing(
    tmp_path: Path, dotted: bool, packed: bool
) -> None:
    grey = PIXELS[..., 0]
    for part, which in (("train", slice(0, 20)), ("t10k", slice(20, 30))):
        for name, axes, array in (("images", 3, grey), ("labels", 1, np.array(LABELS, np.uint8))):
            shape = array[which].shape
            head = bytes([0, 0, 8, axes]) + b"".join(n.to_bytes(4, "big") for n in shape)
            content = head + array[which].tobytes()
            file = f"{part}-{name}{'.' if dotted else '-'}idx{axes}-ubyte"
            content = gzip.compress(content) if packed else content
            (tmp_path / (file + ".gz" * packed)).write_bytes(content)
    data = load(tmp_path)
    np.testing.assert_array_equal(data.train.images[..., 0], grey[:20])
    assert data.test.labels.tolist() == LABELS[20:]


def table(part: slice, labels: list[object]) -> pa.Table:
    rows = []
    for pixels, label in zip(PIXELS[part], labels[part], strict=True):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        rows.append({"img": {"bytes": buffer.getvalue(), "path": "x.png"}, "label": label})
    return pa.Table.from_pylist(rows)


def test_parquet_files_are_read_with_the_names_that_the_hub_writes(tmp_path: Path) -> None:
    features = {"label": {"names": ["cat", "dog", "owl"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    folder = tmp_path / "set/plain_text"
    folder.mkdir(parents=True)
    for name, part in (("train", slice(0, 20)), ("test", slice(20, 30))):
        rows = table(part, LABELS).replace_schema_metadata(metadata)
        pq.write_table(rows, folder / f"{name}-00000-of-00001.parquet")
    data = load(tmp_path / "set")
    assert data.classes == ("cat", "dog", "owl")
    np.testing.assert_array_equal(data.train.images, PIXELS[:20])
    one = load(folder / "train-00000-of-00001.parquet")
    assert (len(one.train), len(one.test)) == (18, 2)


def test_labels_may_be_texts_in_parquet(tmp_path: Path) -> None:
    texts = [("owl", "cat", "dog")[label] for label in LABELS]
    pq.write_table(table(slice(0, 30), texts), tmp_path / "a.parquet")
    data = load(tmp_path / "a.parquet")
    assert data.classes == ("cat", "dog", "owl")
    named = {data.classes[label] for label in data.train.labels}
    assert named == {"cat", "dog", "owl"}


def test_two_sets_in_one_folder_are_refused_with_both_named(cifar: Path) -> None:
    (cifar.parent / "MNIST").mkdir()
    (cifar.parent / "MNIST/train-images-idx3-ubyte").write_bytes(b"x")
    with pytest.raises(DataError, match="MNIST and cifar-10-batches-py"):
        load(cifar.parent)


@pytest.mark.parametrize("keep", [0, 10, 1000])
def test_damaged_files_are_a_sentence(cifar: Path, tmp_path: Path, keep: int) -> None:
    (cifar / "data_batch_1").write_bytes((cifar / "data_batch_1").read_bytes()[:keep])
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(keep))
    (tmp_path / "m").mkdir()
    (tmp_path / "m/train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + bytes(keep))
    for path in (cifar, tmp_path / "a.parquet", tmp_path / "m"):
        with pytest.raises(DataError):
            load(path)
