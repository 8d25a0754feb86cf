"""The attribution tools as laboratories: rows, verdicts that come out either way, pictures."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError

from resnet_core.data.own import uploaded_image
from resnet_core.errors import DataError, InvalidSetting
from resnet_core.labs.activations import run as activations
from resnet_core.labs.activations.question import QUESTION as ACTIVATIONS
from resnet_core.labs.activations.question import Settings as ActivationSettings
from resnet_core.labs.activations.verdicts import verdict as on_additions
from resnet_core.labs.attribution import run as attribution
from resnet_core.labs.attribution.question import METHODS, QUESTION, Settings
from resnet_core.labs.attribution.run import fitted
from resnet_core.labs.attribution.verdicts import Sum
from resnet_core.labs.attribution.verdicts import verdict as on_sums
from resnet_core.labs.events import pack, pack_map, pack_steps, unpack
from resnet_core.labs.randomised import run as randomised
from resnet_core.labs.randomised.question import QUESTION as RANDOMISED
from resnet_core.labs.randomised.question import Settings as RandomisedSettings
from resnet_core.labs.randomised.verdicts import verdict as on_ranks
from resnet_core.labs.tools.trained_network import TrainedNetwork
from tests.resnet_core.labs.small_networks import run, trained, untrained
from tests.small_runs import small_data

__all__ = ["small_data"]

QUICK: dict[str, Any] = {"picture": "test:3", "steps": 16, "samples": 2}


@pytest.fixture
def pair(small_data: Path) -> tuple[TrainedNetwork, TrainedNetwork]:
    return trained(small_data, "plain-8"), trained(small_data, "resnet-8")


def test_there_is_a_map_of_every_method_for_every_network(
    pair: tuple[TrainedNetwork, TrainedNetwork],
) -> None:
    settings = Settings(methods=METHODS, **QUICK)
    tables, verdicts = run(QUESTION, attribution.run(settings, pair))
    assert [(row["method"], row["run"]) for row in tables["maps"]] == [
        (method, one.id) for method in METHODS for one in pair
    ]
    for row in tables["maps"]:
        values = unpack(row)
        assert values.shape == (8, 8)
        assert float(np.abs(values).max()) == pytest.approx(1, abs=1e-3) or row["largest"] == 0
        assert row["inside"] is None  # nobody knows where anything is in these data
    assert {verdict.finding for verdict in verdicts} <= {"adds_up", "misses", "flat"}
    for one, picture in zip(pair, tables["pictures"], strict=True):
        assert np.array_equal(unpack(picture), one.dataset.test.images[3])
        assert picture["truth"] == one.dataset.classes[one.dataset.test.labels[3]]
        assert picture["mask_data"] == ""


def test_what_a_map_explains_adds_up_to_what_the_network_says(small_data: Path) -> None:
    one = trained(small_data, "resnet-8")
    tables, _ = run(QUESTION, attribution.run(Settings(target=2, **QUICK), [one]))
    (scored,) = tables["scores"]
    assert (scored["target"], scored["target_class"]) == (2, one.dataset.classes[2])
    model, x = one.model(), one.test_images()[0][3:4]
    with torch.no_grad():
        chances = model(x).softmax(1)[0]
        score = float(model(x)[0, 2] - model(torch.zeros_like(x))[0, 2])
    assert scored["target_probability"] == pytest.approx(100 * float(chances[2]), abs=1e-3)
    assert scored["predicted"] == one.dataset.classes[int(chances.argmax())]
    row = next(row for row in tables["maps"] if row["method"] == "integrated_gradients")
    total = float(unpack(row).astype(float).sum()) * row["largest"]
    assert total == pytest.approx(score, abs=0.02 * abs(score) + 0.01 * row["largest"])
    assert total - score == pytest.approx(row["delta"], abs=0.05 * row["largest"])


def test_a_highway_says_why_deep_lift_cannot(small_data: Path) -> None:
    settings = Settings(methods=("deep_lift", "saliency"), **QUICK)
    tables, verdicts = run(
        QUESTION, attribution.run(settings, [untrained(small_data, "highway-8")])
    )
    first, second = tables["maps"]
    assert (first["reason"], first["data"]) == ("product", "")
    assert second["reason"] == ""
    assert [verdict.finding for verdict in verdicts] == ["no_sum"]


def test_own_pictures_are_made_as_the_networks_are_used_to(small_data: Path, home: Path) -> None:
    one = trained(small_data, "plain-8")
    path = home / "wide.png"
    Image.new("RGB", (64, 40), (200, 100, 0)).save(path)
    name = f"own:{uploaded_image.store(path.read_bytes())}"
    picture = attribution.load_picture(one, name)
    assert (picture.pixels.shape, picture.mask, picture.label) == ((8, 8, 3), None, None)
    assert picture.pixels[4, 4].tolist() == [200, 100, 0]
    mean = one.dataset.train.images.mean(axis=0)
    expected = (np.array([200, 100, 0]) - mean) / 255
    assert np.allclose(picture.x(one)[0].permute(1, 2, 0).cpu().numpy(), expected, atol=1e-4)
    tables, _ = run(QUESTION, attribution.run(Settings(picture=name, steps=16), [one]))
    assert tables["pictures"][0]["truth"] is None
    grey = fitted(np.full((16, 16, 3), [255, 0, 0], np.uint8), 8, 1)
    assert grey.shape == (8, 8, 1)
    assert int(grey[0, 0, 0]) == 76


def test_what_is_not_there_gets_a_sentence(small_data: Path, home: Path) -> None:
    one = trained(small_data, "plain-8")
    count = len(one.dataset.test)
    with pytest.raises(InvalidSetting, match=f"use test:0 to test:{count - 1}"):
        list(attribution.run(Settings(picture=f"test:{count}"), [one]))
    with pytest.raises(InvalidSetting, match="has 4 classes; use 0 to 3, or -1"):
        list(attribution.run(Settings(picture="test:0", target=4), [one]))
    with pytest.raises(DataError, match="not on this machine"):
        list(attribution.run(Settings(picture=f"own:{'0' * 32}"), [one]))


@pytest.mark.parametrize("name", ["test:", "test:-1", "own:..", "own:../../../etc/passwd", "x", ""])
def test_a_picture_has_one_of_two_kinds_of_names(name: str) -> None:
    with pytest.raises(ValidationError):
        Settings(picture=name)


def test_maps_follow_through_training_newest_first(
    small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, early = trained(small_data, "resnet-8"), untrained(small_data, "resnet-8")
    last = one.iteration
    monkeypatch.setattr(attribution, "saved_iterations", lambda network: [1, 2, last])
    monkeypatch.setattr(attribution, "at_iteration", lambda _, at: replace(early, iteration=at))
    settings = Settings(methods=("saliency",), through_training=True, **QUICK)
    tables, _ = run(QUESTION, attribution.run(settings, [one]))
    assert [row["iteration"] for row in tables["maps"]] == [last, 2, 1]
    assert len({row["target"] for row in tables["scores"]}) == 1  # whatever was predicted then
    assert tables["maps"][1]["data"] == tables["maps"][2]["data"] != tables["maps"][0]["data"]
    assert tables["pictures"][0]["checkpoints"] == 3
    without = run(QUESTION, attribution.run(Settings(methods=("saliency",), **QUICK), [one]))
    assert [row["iteration"] for row in without[0]["maps"]] == [last]


@pytest.mark.parametrize(
    ("sums", "finding"),
    [
        ([], "no_sum"),
        ([Sum("integrated_gradients", 0.4)], "adds_up"),
        ([Sum("integrated_gradients", 0.4), Sum("deep_lift", 1.5)], "misses"),
        ([Sum("integrated_gradients", math.nan)], "flat"),
    ],
)
def test_the_verdict_is_on_the_worst_sum(sums: list[Sum], finding: str) -> None:
    scored = {"label": "net", "predicted": "a", "probability": 50.0, "target_class": "b"}
    found = on_sums(scored, sums)
    assert found.finding == finding
    assert QUESTION.sentence(found)


def test_maps_of_a_forgotten_network_are_compared_with_its_own(small_data: Path) -> None:
    one = trained(small_data, "resnet-8")
    settings = RandomisedSettings(
        methods=("saliency", "occlusion"), picture="test:1", images=4, steps=8
    )
    tables, verdicts = run(RANDOMISED, randomised.run(settings, [one]))
    rows = [row for row in tables["correlations"] if row["method"] == "saliency"]
    assert rows[0]["layer"] == ""
    assert rows[0]["correlation"] == pytest.approx(1)
    assert [row["layer"] for row in rows[1:]] == ["fc", "layer3.0", "layer2.0", "layer1.0", "conv1"]
    assert [row["step"] for row in rows] == list(range(6))
    assert abs(rows[-1]["correlation"]) < 0.9
    assert len(tables["maps"]) == 12
    assert len(verdicts) == 2


def test_a_highway_is_checked_by_the_methods_that_it_allows(small_data: Path) -> None:
    settings = RandomisedSettings(methods=("deep_lift", "saliency"), picture="test:1", images=2)
    tables, verdicts = run(
        RANDOMISED, randomised.run(settings, [untrained(small_data, "highway-8")])
    )
    assert [row["reason"] for row in tables["left_out"]] == ["product"]
    assert {row["method"] for row in tables["correlations"]} == {"saliency"}
    assert len(verdicts) == 1


def test_fresh_weights_are_not_those_that_training_began_with(small_data: Path) -> None:
    one = untrained(small_data, "plain-8")
    fresh = dict(randomised.fresh(one, 0).named_parameters())
    mine = dict(one.model().named_parameters())
    assert not torch.allclose(fresh["conv1.weight"], mine["conv1.weight"])


@pytest.mark.parametrize(
    ("last", "finding"), [(0.9, "survives"), (0.1, "depends"), (-0.6, "depends"), (0.4, "partly")]
)
def test_a_method_may_fail_the_check(last: float, finding: str) -> None:
    found = on_ranks("net", "saliency", last, 0.02, 8)
    assert found.finding == finding
    assert RANDOMISED.sentence(found)
    blank = on_ranks("net", "grad_cam", math.nan, 0.0, 0)
    assert RANDOMISED.sentence(blank).startswith("On net, Grad-CAM gives maps of one value")


@pytest.mark.parametrize("last", [0.45, 0.55, 0.3, 0.2])
def test_a_threshold_within_the_noise_decides_nothing(last: float) -> None:
    """The thresholds are 0.25 and 0.5; eight pictures leave an error of 0.05."""
    found = on_ranks("net", "saliency", last, 0.05, 8)
    assert found.finding == "undecided"
    assert RANDOMISED.sentence(found)


def test_the_verdict_covers_several_draws_of_the_weights(small_data: Path) -> None:
    one = trained(small_data, "resnet-8")
    settings = RandomisedSettings(methods=("saliency",), picture="test:1", images=4)
    check = randomised._Check(one, settings)
    for step, (layer, model) in enumerate(check.stages()):
        list(check.measured("saliency", step, layer, model))
    alone = float(check.last["saliency"].nanmean())
    mean, error = check.all_random("saliency")
    assert mean != alone
    assert 0 < error < 1
    check.others.clear()
    assert check.all_random("saliency")[0] == pytest.approx(alone)


def test_activations_are_those_of_the_network(pair: tuple[TrainedNetwork, TrainedNetwork]) -> None:
    settings = ActivationSettings(picture="test:2", layer="layer2.0.conv1", channels=3)
    tables, verdicts = run(ACTIVATIONS, activations.run(settings, pair))
    assert [verdict.finding for verdict in verdicts] in (
        ["plain", "small"],
        ["plain", "large"],
        ["plain", "undecided"],
    )
    for one in pair:
        model, x = one.model(), one.test_images()[0][2:3]
        with torch.no_grad():
            entered = model.get_submodule("layer1")(_stem(model, x))
            expected = model.get_submodule("layer2.0.conv1")(entered)[0, :3].cpu().numpy()
        (row,) = [row for row in tables["maps"] if row["run"] == one.id]
        steps = unpack(row)
        found = row["low"] + steps.astype(float) / 255 * (row["high"] - row["low"])
        assert np.allclose(found, expected, atol=0.51 / 255 * (row["high"] - row["low"]) + 1e-6)
        assert row["channels"] == 8
    parts = [row["part"] for row in tables["additions"] if row["block"] == "layer1.0"]
    assert parts == ["x", "branch", "y", "x", "branch", "shortcut", "total", "y"]


def _stem(model: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    return model.get_submodule("activation")(
        model.get_submodule("bn1")(model.get_submodule("conv1")(x))
    )


def test_a_layer_that_no_network_has_is_refused(small_data: Path) -> None:
    settings = ActivationSettings(picture="test:2", layer="layer9.0.conv1")
    with pytest.raises(InvalidSetting, match=r"no network here has layer9\.0\.conv1"):
        list(activations.run(settings, [untrained(small_data, "plain-8")]))


def test_branches_may_add_little_or_much() -> None:
    assert on_additions("net", 3, [0.2, 0.4]).finding == "small"
    assert on_additions("net", 3, [2.0, 1.5]).finding == "large"
    assert on_additions("net", 3, [0.45, 1.36, 0.9]).finding == "undecided"
    assert on_additions("net", 3, []).finding == "plain"
    assert on_additions("net", 0, []).finding == "none"


def test_arrays_come_back_from_rows() -> None:
    random = np.random.default_rng(0)
    for array in (
        random.integers(0, 256, (4, 3, 3), np.uint8),
        random.normal(size=(5, 2)).astype(np.float16),
        random.random((3, 3)) > 0.5,
    ):
        unpacked = unpack(pack(array))
        assert unpacked.dtype == array.dtype
        assert np.array_equal(unpacked, array)
    packed = pack_map(np.array([[-4.0, 2.0]]))
    assert (unpack(packed).tolist(), packed["largest"]) == ([[-1.0, 0.5]], 4.0)
    assert pack_map(np.zeros((2, 2)))["largest"] == 0
    packed = pack_steps(np.full((2, 2), 3.0))
    assert (packed["low"], packed["high"]) == (3.0, 3.0)
