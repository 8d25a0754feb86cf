"""A lesioned network is the one that is rebuilt without the block; verdicts follow the numbers."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.errors import InvalidSetting
from resnet_core.labs.lesion import run as lesion
from resnet_core.labs.lesion.question import QUESTION, Settings
from resnet_core.labs.lesion.verdicts import Losses, verdicts
from resnet_core.labs.tools import chain
from resnet_core.labs.tools.chain import Chain
from resnet_core.labs.tools.trained_network import percent_wrong
from tests.resnet_core.labs.small_networks import run, trained, untrained
from tests.small_runs import small_data

__all__ = ["small_data"]


class _Subsampled(nn.Module):
    """Every second pixel, and as many zero channels again."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, x.shape[1]))


def _error(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    with torch.no_grad():
        return 100 * float((model(images).argmax(1) != labels).float().mean())


@pytest.mark.parametrize("network", ["plain-14", "resnet-14", "preresnet-14", "highway-14"])
def test_the_error_is_that_of_a_network_rebuilt_without_the_block(
    small_data: Path, network: str
) -> None:
    one = untrained(small_data, network)
    images, labels = one.test_images()
    cut = Chain.of(one.model())
    for name, block in cut.blocks:
        rebuilt = one.model()
        stage, index = name.split(".")
        resizes = name in ("layer2.0", "layer3.0")
        assert chain.changes_size(block) == resizes
        rebuilt.get_submodule(stage)[int(index)] = _Subsampled() if resizes else nn.Identity()
        with torch.no_grad():
            x = cut.stem(images)
            for step in lesion.lesioned(cut, removed=[name]):
                x = step(x)
            assert torch.allclose(cut.head(x), rebuilt(images), atol=1e-5)
        outputs = cut.logits(images, lesion.lesioned(cut, removed=[name]))
        error = percent_wrong(outputs, labels)
        assert error == pytest.approx(_error(rebuilt, images, labels))


def test_a_learned_shortcut_stays_when_its_block_is_removed(small_data: Path) -> None:
    cut = Chain.of(untrained(small_data, "resnet-8", shortcut="C").model())
    block = dict(cut.blocks)["layer1.0"]
    x = torch.randn(2, 4, 8, 8)
    left = lesion.replacement(block)
    assert torch.equal(left(x), block.activation(block.shortcut(x)))


def test_a_swap_is_a_network_with_the_two_blocks_exchanged(small_data: Path) -> None:
    one = untrained(small_data, "resnet-14")
    images, _ = one.test_images()
    rebuilt, cut = one.model(), Chain.of(one.model())
    first, second = rebuilt.layer1[0], rebuilt.layer1[1]
    rebuilt.layer1[0], rebuilt.layer1[1] = copy.deepcopy(second), copy.deepcopy(first)
    with torch.no_grad():
        x = cut.stem(images)
        for step in lesion.lesioned(cut, swapped=["layer1.0", "layer1.1"]):
            x = step(x)
        assert torch.equal(cut.head(x), rebuilt(images))


def test_neighbours_that_change_the_size_are_not_swapped(small_data: Path) -> None:
    cut = Chain.of(untrained(small_data, "resnet-20").model())
    assert lesion.neighbours(cut) == [
        ("layer1.0", "layer1.1"),
        ("layer1.1", "layer1.2"),
        ("layer2.1", "layer2.2"),
        ("layer3.1", "layer3.2"),
    ]


def test_the_chosen_lesion_comes_first_then_every_block_and_swap(small_data: Path) -> None:
    pair = [trained(small_data, name, iterations=20) for name in ("plain-20", "resnet-20")]
    settings = Settings(removed=("layer1.1",), swapped=("layer3.1", "layer3.2"), images=10)
    events = list(lesion.run(settings, pair))
    assert [getattr(event, "table", "") for event in events[:2]] == ["chosen", "chosen"]
    tables, conclusions = run(QUESTION, events)
    assert tables["chosen"][0]["blocks"] == "layer1.1, layer3.1 ↔ layer3.2"
    assert [len(tables[name]) for name in ("chosen", "removals", "swaps")] == [2, 18, 8]
    assert conclusions[0].finding == "chosen"
    assert {verdict.finding for verdict in conclusions[2:]} <= set(_FINDINGS)
    cut = Chain.of(pair[1].model())
    again = lesion.lesioned(cut, settings.removed, settings.swapped)
    x, y = pair[1].test_images(10)
    assert tables["chosen"][1]["error"] == percent_wrong(cut.logits(x, again), y)


def test_the_errors_of_a_run_are_those_of_the_whole_chain(small_data: Path) -> None:
    """The run computes what comes before a lesion once, for all lesions."""
    one = trained(small_data, "resnet-20", iterations=20)
    tables, _ = run(QUESTION, lesion.run(Settings(images=40), [one]))
    cut, (x, y) = Chain.of(one.model()), one.test_images(40)
    assert len(tables["removals"]) == 9
    for row in tables["removals"]:
        steps = lesion.lesioned(cut, removed=[row["block"]])
        assert row["error"] == percent_wrong(cut.logits(x, steps), y)
    assert [row["place"] for row in tables["swaps"]] == [1, 2, 3, 4]
    for row in tables["swaps"]:
        steps = lesion.lesioned(cut, swapped=row["blocks"].split(" ↔ "))
        assert row["error"] == percent_wrong(cut.logits(x, steps), y)


def test_a_network_at_guessing_is_compared_with_none(small_data: Path) -> None:
    """It gives every image the same class, whole or not; the other knows something."""
    numb = trained(small_data, "plain-8", iterations=1)
    numb.weights["fc.weight"].zero_()
    keen = trained(small_data, "resnet-8", iterations=60, learning_rate=0.1)
    tables, conclusions = run(QUESTION, lesion.run(Settings(measured_on="train"), [numb, keen]))
    plain = [row for row in tables["removals"] if row["family"] == "plain"]
    assert all(row["error"] == row["whole"] == 75 for row in plain)
    findings = [verdict.finding for verdict in conclusions]
    assert findings[0] == "at_guessing"
    assert not {"holds", "weaker", "fails", "close"} & set(findings)


_FINDINGS = (
    *("holds", "weaker", "fails", "close", "alone", "at_guessing"),
    *(f"down_sampling_{one}" for one in ("worse", "milder", "undecided")),
    *(f"swaps_{one}" for one in ("milder", "not_milder", "undecided")),
)


def _losses(family: str, removed: float, down: float = 60, swapped: float = 30) -> Losses:
    return Losses(family, family, 10, [down] * 2, [removed] * 4, [swapped] * 3)


def test_the_verdict_on_removal_can_come_out_four_ways() -> None:
    def first(plain: float, residual: float) -> str:
        losses = [_losses("plain", plain, plain), _losses("resnet", residual, residual)]
        return next(iter(verdicts(losses, 1000))).finding

    assert first(88, 12) == "holds"  # as large as theirs
    assert first(88, 35) == "weaker"  # an ordinary block costs 25 points
    assert first(60, 12) == "weaker"  # the plain network is not ruined
    assert first(20, 90) == "fails"
    assert first(50, 51) == "close"


def test_the_interval_covers_the_blocks_as_well_as_the_images() -> None:
    """On average 40 points apart, but one block of three makes all of it."""
    uneven = Losses("plain", "plain", 10, [], [10, 10, 130])
    even = Losses("resnet", "resnet", 10, [], [10, 10, 10])
    assert next(iter(verdicts([uneven, even], 10_000))).finding == "close"


def test_the_verdicts_on_down_sampling_and_order_can_come_out_both_ways() -> None:
    def findings(down: float, swapped: float) -> set[str]:
        losses = [_losses("plain", 80), _losses("resnet", 30, down, swapped)]
        return {verdict.finding for verdict in verdicts(losses, 1000)}

    assert {"down_sampling_worse", "swaps_milder"} <= findings(60, 20)
    assert {"down_sampling_milder", "swaps_not_milder"} <= findings(20, 40)
    assert {"down_sampling_undecided", "swaps_undecided"} <= findings(31, 31)
    assert findings(60, 20) | findings(20, 40) | findings(31, 31) <= set(_FINDINGS)
    assert [v.finding for v in verdicts([_losses("plain", 80)], 1000)] == ["alone"]


@pytest.mark.parametrize(
    "fields",
    [
        {"swapped": ("layer1.0",)},
        {"swapped": ("layer1.0", "layer2.1")},
        {"swapped": ("layer2.0", "layer2.1")},
        {"swapped": ("layer1.0", "layer1.0")},
        {"removed": ("layer1.0",), "swapped": ("layer1.0", "layer1.1")},
        {"removed": ("layer1.0", "layer1.0")},
        {"removed": ("conv1",)},
        {"images": 1},
    ],
)
def test_impossible_lesions_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises((ValidationError, InvalidSetting)):
        Settings(**fields)


def test_a_block_that_no_network_has_is_refused(small_data: Path) -> None:
    one = untrained(small_data, "resnet-8")
    with pytest.raises(InvalidSetting, match=r"the last is layer3\.0"):
        list(lesion.run(Settings(removed=("layer1.5",)), [one]))
