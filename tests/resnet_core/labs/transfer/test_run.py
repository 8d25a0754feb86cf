"""What may change while heads learn, what they tell, and a verdict for each way it can end."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from resnet_core.errors import InvalidSetting
from resnet_core.labs.events import Progress, Rows, Verdict, unpack
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.labs.transfer import run as transfer
from resnet_core.labs.transfer import scenes
from resnet_core.labs.transfer.learners import TARGET, Learner
from resnet_core.labs.transfer.question import QUESTION, How, Settings
from resnet_core.labs.transfer.scenes import BoxScore
from resnet_core.labs.transfer.verdicts import Trained, diverged, verdicts
from resnet_core.system import texts
from tests.resnet_core.labs.small_networks import run, untrained
from tests.small_runs import small_data

__all__ = ["small_data"]

_QUICK = {"updates": 10, "images": 32}


@pytest.fixture(autouse=True)
def _few_test_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "_TEST", 20)


def _digest(learner: Learner) -> str:
    """Of the backbone's weights and buffers."""
    tensors = learner.backbone.network.state_dict().values()
    return hashlib.sha256(b"".join(t.contiguous().numpy().tobytes() for t in tensors)).hexdigest()


def _learner(subject: TrainedNetwork, how: How, task: str = "segmentation") -> Learner:
    few = scenes.draw(16, (0,), TARGET)
    return Learner(subject, how, task, few, few, seed=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(("how", "changes"), [("frozen", False), ("tuned", True)])
def test_only_a_frozen_backbone_stays_what_it_is(small_data: Path, how: How, changes: bool) -> None:
    one = untrained(small_data, "resnet-8")
    learner = _learner(one, how)
    before = _digest(learner)
    head = [p.detach().clone() for p in learner.head.parameters()]
    for _ in range(2):
        learner.step(torch.arange(8), 0.0)
    learner.predictions()
    assert (_digest(learner) != before) is changes
    statistics = {n: t for n, t in learner.backbone.network.state_dict().items() if "running" in n}
    assert all(torch.equal(t, one.weights[n]) for n, t in statistics.items())
    moved = [not torch.equal(a, b) for a, b in zip(head, learner.head.parameters(), strict=True)]
    assert all(moved)


def test_from_scratch_begins_with_other_weights_and_leaves_the_subject_s(small_data: Path) -> None:
    one = untrained(small_data, "resnet-8")
    before = {name: tensor.clone() for name, tensor in one.weights.items()}
    begun, tuned = _learner(one, "scratch"), _learner(one, "tuned")
    assert _digest(begun) != _digest(tuned)
    for learner in (begun, tuned):
        learner.step(torch.arange(8), 0.5)
    assert all(torch.equal(tensor, before[name]) for name, tensor in one.weights.items())


def test_what_a_frozen_backbone_remembers_is_what_it_would_see(small_data: Path) -> None:
    learner = _learner(untrained(small_data, "plain-8"), "frozen")
    first = learner.predictions()
    assert np.array_equal(learner.predictions(), first)
    with torch.no_grad():
        again = learner.head.eval()(learner.backbone.eval()(learner.test.inputs)).argmax(dim=1)
    assert np.array_equal(again.numpy(), first)


def test_masks_are_scored_as_they_improve(small_data: Path) -> None:
    subjects = [untrained(small_data, f"{family}-8") for family in ("plain", "resnet")]
    tables, conclusions = run(QUESTION, transfer.run(Settings(**_QUICK), subjects))
    moments = sorted({row["update"] for row in tables["curves"]})
    assert (moments[0], moments[-1]) == (0, 10)
    assert len(tables["curves"]) == len(moments) * 2 * 2  # networks, ways of using them
    assert {unpack(row).shape for row in tables["predictions"]} == {(32, 32)}
    assert {unpack(row).shape for row in tables["scenes"]} == {(32, 32, 3)}
    assert len(tables["final"]) == 4
    for row in tables["final"]:
        assert row["low"] <= row["score"] <= row["high"]
        last = [c for c in tables["curves"] if (c["run"], c["how"]) == (row["run"], row["how"])]
        assert last[-1]["score"] == row["score"]
        assert row["error"] is None
    assert {verdict.finding.rpartition("_")[2] for verdict in conclusions} >= {"frozen", "tuned"}


def test_a_backbone_from_scratch_has_no_classification_error(small_data: Path) -> None:
    settings = Settings(backbones=("scratch", "frozen"), **_QUICK)
    tables, _ = run(QUESTION, transfer.run(settings, [untrained(small_data, "plain-8")]))
    scratch, frozen = tables["final"]
    assert scratch["classification"] is None
    assert 0 <= frozen["classification"] <= 100
    assert not any(
        "error" in texts.catalogue()[f"labs.transfer.finding.{claim}_scratch"]["en"]
        for claim in ("residual", "plain")
    )


def test_boxes_come_with_their_error_in_pixels(small_data: Path) -> None:
    settings = Settings(task="box", backbones=("frozen",), **_QUICK)
    tables, conclusions = run(QUESTION, transfer.run(settings, [untrained(small_data, "resnet-8")]))
    assert all(row["error"] > 0 for row in tables["final"])
    assert all(row["box"] and not row["data"] for row in tables["predictions"])
    assert [verdict.finding for verdict in conclusions] == ["alone"]


def test_it_can_be_closed_wherever_it_is_and_begins_at_once(small_data: Path) -> None:
    subjects = [untrained(small_data, "resnet-8")]
    settings = Settings(backbones=("frozen", "scratch"), **_QUICK)
    events = list(transfer.run(settings, subjects))
    assert isinstance(events[0], Rows)
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.steps <= last.total
    for count in range(1, len(events), 7):
        generator = transfer.run(settings, subjects)
        for _ in range(count):
            next(generator)
        generator.close()


def test_a_training_that_diverges_is_reported_once_and_left_out(
    small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Learner, "step", lambda *_: float("nan"))
    subjects = [untrained(small_data, "resnet-8")]
    tables, conclusions = run(
        QUESTION, transfer.run(Settings(backbones=("tuned",), **_QUICK), subjects)
    )
    assert [(verdict.finding, verdict.values["updates"]) for verdict in conclusions] == [
        ("diverged", 1)
    ]
    assert tables["final"] == []


def _trained(label: str, score: float, classification: float = 10.0, how: str = "tuned") -> Trained:
    family, depth = label.split("-")
    spread = np.linspace(-0.02, 0.02, 50)
    return Trained(label, family, int(depth), how, BoxScore(score + spread, spread), classification)


def _seeds(label: str, *scores: float, error: float = 10.0) -> list[Trained]:
    return [_trained(label, score, error) for score in scores]


def _findings(*trained: Trained) -> list[str]:
    conclusions = list(verdicts(trained))
    for verdict in conclusions:
        assert QUESTION.sentence(verdict)
    return [verdict.finding for verdict in conclusions]


def test_every_verdict_can_come_out() -> None:
    plain, residual = _seeds("plain-56", 0.39, 0.41), _seeds("resnet-56", 0.59, 0.61)
    shallow = "resnet-20"
    assert _findings(*plain, *residual) == ["residual_tuned"]
    assert _findings(*_seeds("plain-56", 0.74, 0.76), *residual) == ["plain_tuned"]
    assert _findings(*_seeds("plain-56", 0.6, 0.6), *residual) == ["alike_tuned"]
    little = [*_seeds("plain-56", 0.595, 0.595), *_seeds("resnet-56", 0.6, 0.6)]
    assert _findings(*little) == ["alike_tuned"]  # surely, but little
    assert _findings(*residual, *_seeds(shallow, 0.4, 0.4)) == ["deeper_tuned", "alone"]
    assert _findings(*residual, *_seeds(shallow, 0.8, 0.8)) == ["shallower_tuned", "alone"]
    assert _findings(*residual, *_seeds(shallow, 0.6, 0.6)) == ["depth_alike_tuned", "alone"]
    deep = _seeds("plain-56", 0.1, 0.1)
    assert _findings(*deep, *_seeds("plain-20", 0.5, 0.5))[0] == "shallower_tuned"
    assert _findings(residual[0]) == ["alone"]
    assert _findings() == []
    assert diverged("net", 3).finding == "diverged"
    frozen = [replace(one, how="frozen") for one in (*plain, *residual)]
    assert _findings(*frozen, plain[0]) == ["residual_frozen"]


def test_one_backbone_each_does_not_decide_however_many_scenes() -> None:
    plain, residual = _trained("plain-56", 0.4), _trained("resnet-56", 0.6)
    assert _findings(plain, residual) == ["single_tuned"]
    assert _findings(residual, _trained("resnet-20", 0.5)) == ["depth_single_tuned", "alone"]


def test_seeds_that_differ_as_much_as_the_networks_decide_nothing() -> None:
    """Six points apart on average, over the same scenes; single seeds differ by twenty."""
    plain = _seeds("plain-20", 0.40, 0.50, 0.60)
    assert _findings(*plain, *_seeds("resnet-20", 0.46, 0.56, 0.66)) == ["alike_tuned"]
    assert _findings(*plain, *_seeds("resnet-20", 0.90, 0.95, 0.99)) == ["residual_tuned"]


def test_every_depth_at_which_both_kinds_are_there_is_compared() -> None:
    scores = {"plain-20": 0.6, "resnet-20": 0.5, "plain-56": 0.2, "resnet-56": 0.7}
    four = [one for label, score in scores.items() for one in _seeds(label, score, score)]
    assert _findings(*four) == ["residual_tuned", "plain_tuned", "deeper_tuned"]


def test_the_difference_is_the_lead_of_the_one_ahead() -> None:
    pair = [*_seeds("plain-56", 0.7, 0.7, error=5), *_seeds("resnet-56", 0.6, 0.6, error=6)]
    (verdict,) = verdicts(pair)
    assert verdict.values["points"] == pytest.approx(10)
    assert verdict.values["low"] <= verdict.values["points"] <= verdict.values["high"]
    assert (verdict.values["plain_error"], verdict.values["residual_error"]) == (5, 6)


@pytest.mark.parametrize(("errors", "finding"), [((80, 2), "follows"), ((2, 80), "follows_not")])
def test_classification_follows_or_it_does_not(errors: tuple[int, int], finding: str) -> None:
    pair = [_trained("plain-56", 0.4, errors[0]), _trained("resnet-56", 0.6, errors[1])]
    *_, last = verdicts(pair)
    assert isinstance(last, Verdict)
    assert last.finding == finding
    assert (last.values["pairs"], last.values["agreeing"]) == (1, int(finding == "follows"))


def test_pairs_that_are_too_near_are_counted_and_decide_nothing_where_they_are_most() -> None:
    near = [_trained("resnet-20", 0.5 + n / 100, 10 + n / 2) for n in range(3)]
    *_, last = verdicts([*near, _trained("plain-20", 0.1, 80)])
    assert (last.finding, last.values["pairs"], last.values["near"]) == ("follows", 3, 3)
    *_, last = verdicts([*near, _trained("resnet-20", 0.53, 11.5), _trained("plain-20", 0.1, 80)])
    assert (last.finding, last.values["pairs"], last.values["near"]) == ("follows_undecided", 4, 6)


def test_settings_name_each_way_once() -> None:
    with pytest.raises(InvalidSetting, match="name each once"):
        Settings(backbones=("frozen", "frozen"))
