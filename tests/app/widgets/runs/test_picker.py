"""Labels that tell runs apart, and groups in the order in which they were started."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.language import texts
from app.language.texts import Speaker
from app.widgets.runs.picker import group_label, groups, run_label, unique_labels
from tests.app.runs_on_record import put_on_record


def test_a_label_says_what_a_run_is(home: Path, say: Speaker) -> None:
    run = put_on_record("run-1", "cifar/resnet-56", seed=3, final_error=12.34, measured=False)
    assert run_label(run, say) == "ResNet-56 · seed 3 · 12.3 %"
    assert run_label(replace(run, recorded=True), say) == "ResNet-56 · seed 3 · recorded · 12.3 %"
    failed = put_on_record("run-2", state="failed", name="mine", measured=False)
    assert run_label(failed, say) == "mine · seed 0 · failed"
    photographs = put_on_record(
        "run-3", data="cifar10", measured=False, fields={"data_title": "CIFAR-10"}
    )
    assert run_label(photographs, say) == "plain-20 · seed 0 · CIFAR-10 · 20.0 %"


def test_no_two_labels_are_alike(home: Path) -> None:
    runs = [put_on_record(f"run-{number}", measured=False) for number in range(3)]
    runs.append(put_on_record("other", "cifar/resnet-20", measured=False))
    labels = unique_labels(runs)
    assert labels["run-1"] == "plain-20 · seed 0 · 20.0 % · run-1"
    assert labels["other"] == "ResNet-20 · seed 0 · 20.0 %"
    assert len(set(labels.values())) == 4


def test_groups_are_the_newest_first_and_keep_their_order(home: Path) -> None:
    made = {}
    for number, (name, group) in enumerate(
        [("old-a", "old"), ("old-b", "old"), ("new-a", "new"), ("new-b", "new"), ("single", "one")]
    ):
        fields = {"group": group, "created": 1_700_000_000.0 + number}
        made[name] = put_on_record(name, measured=False, fields=fields)
    newest_first = sorted(made.values(), key=lambda run: -run.created)
    found = groups(newest_first)
    assert list(found) == ["new", "old"]
    assert [run.id for run in found["old"]] == ["old-a", "old-b"]
    assert group_label(found["new"]).startswith("plain-20 · 20")
    assert group_label([replace(run, recorded=True) for run in found["new"]]) == (
        "plain-20 · recorded"
    )


def test_the_language_is_asked_for_once_however_many_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = put_on_record("run-1", state="failed", measured=False)
    asked: list[None] = []
    monkeypatch.setattr(texts, "language", lambda: asked.append(None) or "en")
    assert len(unique_labels([replace(run, id=f"run-{number}") for number in range(200)])) == 200
    assert len(asked) == 1
