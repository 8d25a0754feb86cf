"""Scores against the truth, and verdicts that come out either way."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from resnet_core.attribution.explanation import Options
from resnet_core.attribution.methods import explain
from resnet_core.errors import InvalidSetting
from resnet_core.labs.attribution.run import load_picture
from resnet_core.labs.masks import run as masks
from resnet_core.labs.masks.question import QUESTION, Settings
from resnet_core.labs.masks.verdicts import Score, verdicts
from resnet_core.labs.tools import trained_network
from resnet_core.specs.cifar import parse_name
from tests.resnet_core.labs.small_networks import run, untrained
from tests.small_runs import small_data

__all__ = ["small_data"]
PLAIN, RESIDUAL = QUESTION.runs


def _score(label: str, method: str, inside: float, error: float = 1.0) -> Score:
    family, _ = parse_name(f"cifar/{label}")
    return Score(label, family, method, inside, error, 50.0, 5.0, 20.0)


def test_scores_are_means_over_the_images(home: Path) -> None:
    one = trained_network.load(RESIDUAL)
    settings = Settings(images=20, methods=("saliency", "grad_cam"))
    tables, _ = run(QUESTION, masks.run(settings, [one]))
    assert [row["method"] for row in tables["scores"]] == ["saliency", "grad_cam"]
    model = one.model()
    places = masks.class_order(one.dataset.test.labels, equal=True)[:20]
    shares, hits = [], 0
    for place in places:
        picture = load_picture(one, f"test:{place}")
        x, mask = picture.x(one), torch.tensor(picture.mask)
        values = explain("saliency", model, x, model(x).argmax(1), Options()).values[0].abs()
        shares.append(float(values[mask].sum() / values.sum()))
        hits += bool(mask.flatten()[values.argmax()])
    row = tables["scores"][0]
    assert row["inside"] == pytest.approx(100 * sum(shares) / 20, rel=1e-4)
    assert row["pointing"] == pytest.approx(100 * hits / 20)
    assert row["images"] == 20


def test_data_without_masks_are_refused(small_data: Path) -> None:
    one = untrained(small_data, "plain-8")
    with pytest.raises(InvalidSetting, match="has classes but no masks"):
        list(masks.run(Settings(images=10), [one]))
    assert QUESTION.accepts(one.experiment) == "labs.no_masks"
    assert QUESTION.accepts(one.experiment.changed(data="shapes")) == ""


@pytest.mark.parametrize(
    ("plain", "residual", "finding"),
    [((30, 30), (50, 45), "residual_more"), ((50, 45), (30, 30), "plain_more"),
     ((30, 50), (50, 30), "neither"), ((30, 30), (31, 29), "neither")],
)  # fmt: skip
def test_either_network_may_have_the_better_maps(
    plain: tuple[int, int], residual: tuple[int, int], finding: str
) -> None:
    methods = ("saliency", "grad_cam")
    scores = [_score("plain-20", m, v) for m, v in zip(methods, plain, strict=True)]
    scores += [_score("resnet-20", m, v) for m, v in zip(methods, residual, strict=True)]
    first, *rest = verdicts(scores)
    assert first.finding == finding
    assert [one.finding for one in rest] == ["best", "best"]
    assert all(QUESTION.sentence(one) for one in (first, *rest))


def test_one_of_six_related_methods_decides_nothing() -> None:
    names = ("saliency", "grad_cam", "occlusion", "smooth_grad", "deep_lift", "conductance")
    scores = [_score("plain-20", name, 30) for name in names]
    scores += [_score("resnet-20", name, 50 if at < 1 else 30) for at, name in enumerate(names)]
    assert next(iter(verdicts(scores))).finding == "neither"
    scores += [_score("resnet-20", name, 50) for name in names[:4]]
    assert next(iter(verdicts(scores))).finding == "residual_more"


def test_maps_no_better_than_chance_are_named() -> None:
    conclusions = list(
        verdicts([_score("plain-20", "saliency", 21), _score("plain-20", "grad_cam", 60)])
    )
    assert [one.finding for one in conclusions] == ["best", "below_chance"]
    assert conclusions[0].values["method"] == "Grad-CAM"
    assert conclusions[1].values["method"] == "saliency"


def test_methods_that_a_network_does_not_allow_are_left_out_of_the_comparison() -> None:
    scores = [_score("plain-20", "deep_lift", 60), _score("plain-20", "saliency", 30)]
    scores.append(_score("highway-20", "saliency", 50))
    first = next(iter(verdicts(scores)))
    assert (first.finding, first.values["methods"]) == ("residual_more", 1)
