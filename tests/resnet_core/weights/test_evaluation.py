"""Our recorded networks, saved as others save theirs, evaluate to their own error; what does
not fit a file is noticed."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torchvision.transforms import v2

from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.errors import CheckpointError, DataError, InvalidSetting
from resnet_core.labs.tools import trained_network
from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.weights import images as test_images
from resnet_core.weights import loading
from resnet_core.weights.answers import Answers
from resnet_core.weights.evaluation import EvaluatedFile, evaluate
from resnet_core.weights.normalization import normalized
from tests.resnet_core.weights.public_names import (
    RECORDED,
    as_public,
    padded_on_both_sides,
    recorded,
)

RESNET, PLAIN = "one-minute-resnet-20-seed-0", "one-minute-plain-20-seed-0"
PER_PIXEL = Answers(
    network="cifar/resnet-20", shortcut="A", option_a_padding="end", normalization="per-pixel"
)


@pytest.fixture(autouse=True)
def shapes_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded images are drawn once for all tests here."""
    monkeypatch.setattr(catalog, "load", load_once)


load_once = lru_cache(maxsize=2)(catalog.load)


@lru_cache(maxsize=2)
def own_error(name: str) -> float:
    """Of the recorded network in float32, by the way that laboratories load it.

    The record's own figure was measured in bf16, in which a few of 1000 images turn over.
    """
    subject = trained_network.load(name)
    images, labels = subject.test_images()
    with torch.inference_mode():
        error = 100 * (subject.model()(images).argmax(1) != labels).double().mean().item()
    on_record = json.loads((RECORDED / name / "run.json").read_text())["test_error"]
    assert error == pytest.approx(on_record, abs=0.5)
    return error


def saved(path: Path, state: dict[str, torch.Tensor], form: str = "safetensors") -> Path:
    if form == "safetensors":
        safetensors.torch.save_file({n: t.contiguous() for n, t in state.items()}, path)
    else:
        torch.save({"state_dict": state, "best_prec1": 91.7}, path,
                   _use_new_zipfile_serialization=form == "zip")  # fmt: skip
    return path


@pytest.mark.parametrize(
    ("form", "prefix", "classifier", "padding"),
    [
        ("safetensors", "", "fc", "end"),
        ("zip", "module.", "linear", "end"),
        ("legacy", "module.", "linear", "both"),
        ("safetensors", "model.", "fc", "both"),
    ],
)
def test_a_recorded_network_in_other_names_has_its_own_error(
    tmp_path, form, prefix, classifier, padding
):
    state = recorded(RESNET)
    if padding == "both":
        state = padded_on_both_sides(state)
    path = saved(tmp_path / "weights", as_public(state, prefix, classifier), form)
    asked = Answers("cifar/resnet-20", "A", padding, None, "per-pixel")
    found = evaluate(path, "shapes", asked, image_size=16)
    assert (found.error, found.n) == (pytest.approx(own_error(RESNET)), 1000)
    assert found.warning is None
    assert len(found.sample) == 21  # plain, two paddings; seven preparations each


@pytest.mark.parametrize(
    ("answers", "better"),
    [
        ({"option_a_padding": "both"}, "zeros at the end, per-pixel"),
        ({"normalization": "imagenet"}, "zeros at the end, per-pixel"),
        ({"normalization": "cifar"}, "zeros at the end, per-pixel"),
        ({"network": "cifar/plain-20"}, "cifar/resnet-20, option A with zeros at the end"),
    ],
)
def test_what_does_not_fit_is_noticed(tmp_path, answers, better):
    path = saved(tmp_path / "weights", recorded(RESNET))
    asked = Answers(**{**PER_PIXEL.__dict__, **answers})
    found = evaluate(path, "shapes", asked, image_size=16)
    assert found.error > 10
    assert str(found.warning).startswith("What was asked for does not fit the file: of 250 images")
    assert better in str(found.warning)


def test_a_projecting_network_leaves_only_the_preparation_open(tmp_path, monkeypatch):
    """Small ImageNet networks go the same way; here with another one's images."""
    spec = ImageNetSpec("resnet-18", classes=10)
    path = saved(tmp_path / "weights", build(spec, 0).state_dict())
    with pytest.raises(InvalidSetting, match=r"^normalization: the file does not say all; choose"):
        evaluate(path, small(tmp_path), Answers())
    found = evaluate(path, small(tmp_path), Answers(normalization="imagenet"))
    assert found.n == 60
    assert found.interpretation.spec == spec


def small(folder: Path, **changes: np.ndarray) -> str:
    random = np.random.default_rng(0)
    arrays = {
        "images": random.integers(0, 256, (60, 32, 32, 3), np.uint8),
        "labels": np.arange(60) % 10,
    }
    np.savez(folder / "small.npz", **{**arrays, **changes})
    return str(folder / "small.npz")


def test_guessing_is_said_to_be_guessing(tmp_path):
    path = saved(tmp_path / "weights", recorded(RESNET))
    found = evaluate(path, small(tmp_path), PER_PIXEL)
    assert "near that of guessing (90.0 %)" in str(found.warning)


def test_what_is_open_is_asked_with_the_evidence(tmp_path):
    path = saved(tmp_path / "weights", recorded(RESNET))
    with pytest.raises(InvalidSetting) as question:
        evaluate(path, "shapes", Answers(), image_size=16)
    said = str(question.value)
    assert question.value.field == "network"
    preparations = "imagenet, cifar, cifar10, cifar100, half, none, per-pixel"
    for choice in ("cifar/plain-20, cifar/resnet-20", "end, both", preparations):
        assert f"({choice})" in said
    assert said.endswith("with cifar/resnet-20, option A with zeros at the end, per-pixel "
                         "normalisation.")  # fmt: skip


def test_a_plain_network_has_no_padding_to_ask_for(tmp_path):
    path = saved(tmp_path / "weights", as_public(recorded(PLAIN)))
    asked = Answers(network="cifar/plain-20", normalization="per-pixel")
    found = evaluate(path, "shapes", asked, image_size=16)
    assert found.error == pytest.approx(own_error(PLAIN))
    assert found.warning is None


def test_an_npz_is_used_whole_with_its_own_mean(tmp_path):
    """All images, and of one class only if that is what there is."""
    test = load_once(Selection("shapes", 16)).test.take(np.arange(80))
    np.savez(tmp_path / "some.npz", images=test.images, labels=test.labels)
    path = saved(tmp_path / "weights", recorded(RESNET))
    found = evaluate(path, str(tmp_path / "some.npz"), PER_PIXEL)
    assert (found.n, found.images.mean_of) == (80, "these images")
    one_class = test.labels == test.labels[0]
    np.savez(tmp_path / "one.npz", images=test.images[one_class], labels=test.labels[one_class])
    assert evaluate(path, str(tmp_path / "one.npz"), PER_PIXEL).n == one_class.sum()


@pytest.mark.parametrize(
    ("asked", "data", "says"),
    [
        (Answers(normalization="zca"), {}, "normalization: zca is not a preparation"),
        (Answers(option_a_padding="left"), {}, "option_a_padding: 'left' is not known; choose"),
        (Answers(shortcut="B", network="cifar/resnet-20"), {}, "shortcut: B is not what the file"),
        (Answers(network="cifar/resnet-56"), {}, "network: cifar/resnet-56 is not what the file"),
        (PER_PIXEL, {"labels": np.full(60, 10)}, "labels up to 10; the network knows 10 classes"),
        (PER_PIXEL, {"labels": np.full(60, -1)}, "labels below 0"),
        (PER_PIXEL, {"images": np.zeros((60, 32, 32), np.uint8)}, "has 1 channels; the network"),
        (PER_PIXEL, {"images": np.zeros((60, 32, 32, 3), np.float32)}, "must be uint8"),
    ],
)
def test_refusals(tmp_path, asked, data, says):
    path = saved(tmp_path / "weights", recorded(RESNET))
    with pytest.raises((InvalidSetting, DataError), match=says):
        evaluate(path, small(tmp_path, **data), asked)


def test_images_too_small_for_the_network(tmp_path):
    path = saved(tmp_path / "w", build(ImageNetSpec("googlenet", classes=3), 0).state_dict())
    tiny = small(tmp_path, images=np.zeros((60, 8, 8, 3), np.uint8), labels=np.zeros(60, np.int64))
    with pytest.raises(InvalidSetting, match="image_size: 8 pixels are not from 15"):
        evaluate(path, tiny, Answers(normalization="imagenet"))


def test_variances_below_zero_are_refused(tmp_path):
    state = recorded(RESNET)
    state["layer2.0.bn1.running_var"][3] = -1.0
    with pytest.raises(CheckpointError, match=r"layer2.0.bn1.running_var has variances below 0"):
        loading.load(saved(tmp_path / "weights", state))


def test_the_weights_arrive_whole(tmp_path):
    """The loaded network is the one that was saved, counters of batches or not."""
    model = build(ImageNetSpec("resnet-18", "A", classes=4), seed=5).eval()
    state = {n: t for n, t in model.state_dict().items() if not n.endswith("num_batches_tracked")}
    _, translation = loading.load(saved(tmp_path / "weights", state, "zip"))
    tensors, recognition = translation.tensors, translation.recognition
    (spec,) = recognition.settled(name="imagenet/resnet-18", option_a_padding="end")
    loaded = loading.network(spec, tensors)
    x = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(loaded(x), model(x), rtol=0, atol=0)
    assert not any(module.training for module in loaded.modules())


def test_preparations_are_torchvisions():
    images = torch.randint(0, 256, (4, 3, 8, 8), dtype=torch.uint8)
    mean = torch.full((3, 8, 8), 100.0)
    numbers = {
        "imagenet": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        "cifar": ([0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010]),
    }
    for way, (centre, deviation) in numbers.items():
        transform = v2.Compose([v2.ToDtype(torch.float32, scale=True),
                                v2.Normalize(centre, deviation)])  # fmt: skip
        torch.testing.assert_close(normalized(images, way, mean), transform(images))
    expected = (images.float() - 100) / 255
    torch.testing.assert_close(normalized(images, "per-pixel", mean), expected)


def test_the_sample_has_every_class(tmp_path):
    images = test_images.load("shapes", 16)
    few = images.sample(50)
    assert np.bincount(few.images.labels).tolist() == [5] * 10
    assert few.mean is images.mean


def test_padding_both_sides_in_the_tests_is_the_same_function():
    """The re-ordering that the tests rely on, seen on the network itself."""
    state, x = recorded(RESNET), torch.randn(2, 3, 16, 16)
    end = loading.network(NetworkSpec(depth=20, width=8), state)
    both = NetworkSpec(depth=20, width=8, option_a_padding="both")
    moved = loading.network(both, padded_on_both_sides(state))
    with torch.no_grad():
        torch.testing.assert_close(moved(x), end(x), rtol=1e-4, atol=1e-4)


def test_the_result_says_which_file_it_is_of(tmp_path):
    path = saved(tmp_path / "weights", recorded(RESNET))
    found: EvaluatedFile = evaluate(path, small(tmp_path), PER_PIXEL)
    assert found.file.form == "safetensors"
    assert found.file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
