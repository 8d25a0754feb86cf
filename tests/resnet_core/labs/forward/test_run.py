"""The ledger against hooks on the network itself; verdicts against numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from resnet_core.labs.forward import run as forward
from resnet_core.labs.forward.question import QUESTION, Settings
from resnet_core.labs.forward.verdicts import ROUNDING, Account, Entry, growth, verdicts
from resnet_core.labs.tools.chain import Chain
from resnet_core.labs.tools.derived_networks import initial_network
from resnet_core.networks.catalog import block_sites
from tests.resnet_core.labs.small_networks import experiment, run, untrained
from tests.small_runs import small_data

__all__ = ["small_data"]


def _outputs(model: nn.Module, images: Tensor) -> list[Tensor]:
    """What enters the first block and leaves each, seen by hooks."""
    outputs: list[Tensor] = []
    blocks = [block for _, block in block_sites(model)]
    handles = [blocks[0].register_forward_pre_hook(lambda _, inputs: outputs.append(inputs[0]))]
    handles += [
        b.register_forward_hook(lambda _, __, output: outputs.append(output)) for b in blocks
    ]
    try:
        with torch.no_grad():
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    return outputs


@pytest.mark.parametrize("name", ["plain-14", "resnet-14", "preresnet-14"])
def test_the_stream_is_what_hooks_see(small_data: Path, name: str) -> None:
    one = untrained(small_data, name)
    images, _ = one.test_images(8)
    entries = list(forward.ledger(Chain.of(one.model()), images))
    outputs = _outputs(one.model(), images)
    norms = [float(x.flatten(1).double().norm(dim=1).square().mean().sqrt()) for x in outputs]
    assert [entry.stream for entry in entries] == pytest.approx(norms)
    assert [entry.block for entry in entries[:3]] == ["", "layer1.0", "layer1.1"]


@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_pre_activation_adds_exactly_and_the_original_only_about(
    small_data: Path, shortcut: str
) -> None:
    def last(name: str) -> float:
        one = untrained(small_data, name, shortcut=shortcut)
        entry = list(forward.ledger(Chain.of(one.model()), one.test_images(8)[0]))[-1]
        assert entry.difference is not None
        return entry.difference

    assert 0 < last("preresnet-20") < ROUNDING
    assert last("resnet-20") > 0.01


def test_without_a_size_change_the_sum_is_that_of_the_first_stream_and_all_branches(
    small_data: Path,
) -> None:
    one = untrained(small_data, "resnet-20")
    images, _ = one.test_images(8)
    network = Chain.of(one.model())
    entries = list(forward.ledger(network, images))
    with torch.no_grad():
        x = [network.stem(images)]
        branches = []
        for _, block in network.blocks[:3]:
            branches.append(block.residual(x[-1]))
            x.append(block(x[-1]))
    total = x[0].double() + branches[0] + branches[1] + branches[2]
    assert entries[3].total == pytest.approx(forward.norm(total))
    difference = forward.norm(x[3] - total) / forward.norm(x[3])
    assert entries[3].difference == pytest.approx(difference)


def test_twins_differ_in_bn_and_training_alone(small_data: Path) -> None:
    one = untrained(small_data, "resnet-8")
    images, _ = one.test_images(20)
    with_bn = initial_network(one, images, batch_norm=True)
    without = initial_network(one, images, batch_norm=False)
    assert torch.equal(with_bn.layer1[0].conv1.weight, without.layer1[0].conv1.weight)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in without.modules())
    assert not with_bn.training
    with torch.no_grad():
        normalised = with_bn.bn1(with_bn.conv1(images))
    torch.testing.assert_close(normalised.mean((0, 2, 3)), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(normalised.std((0, 2, 3)), torch.ones(4), atol=1e-3, rtol=0)
    assert with_bn.bn1.momentum == 0.1


def test_a_run_follows_each_network_trained_and_as_it_began(small_data: Path) -> None:
    subjects = [untrained(small_data, name) for name in ("preresnet-14", "plain-14")]
    tables, conclusions = run(QUESTION, forward.run(Settings(images=20), subjects))
    ledger = tables["ledger"]
    assert len(ledger) == 2 * 3 * 7
    states = list(dict.fromkeys((row["state"], row["batch_norm"]) for row in ledger))
    assert states == [("trained", True), ("initial", True), ("initial", False)]
    assert {verdict.finding for verdict in conclusions} >= {"exact", "no_sum"}
    assert all(row["total"] is None for row in ledger if row["family"] == "plain")


def test_a_preresnet_that_does_not_add_turns_the_verdict(small_data: Path) -> None:
    """A ReLU after every addition, by stealth: the sum is no longer exact."""
    one = untrained(small_data, "preresnet-14")
    model = one.model()
    for _, block in block_sites(model):
        original = block.forward
        block.forward = lambda x, original=original: original(x).relu()
    account = Account("net", "preresnet")
    entries = list(forward.ledger(Chain.of(model), one.test_images(8)[0]))
    account.take("trained", True, entries)
    account.initial = {True: 1.0, False: 2.0}
    account.idle = False
    assert next(iter(verdicts(account))).finding in {"approximate", "elsewhere"}


def _entry(stream: float, changes_size: bool = False, difference: float | None = None) -> Entry:
    return Entry(1, "layer1.0", changes_size, stream, None, None, difference)


def _account(
    growing: float, with_bn: float, without: float, difference: float, parts: Sequence[float] = ()
) -> Account:
    account = Account("net", "resnet")
    streams = [_entry(growing**place) for place in range(11)]
    account.take("trained", True, [*streams, _entry(growing**11, True, difference)], parts)
    account.initial = {True: with_bn, False: without}
    return account


def test_every_verdict_can_come_out_both_ways() -> None:
    def findings(*numbers: float) -> list[str]:
        return [verdict.finding for verdict in verdicts(_account(*numbers))]

    assert findings(1.1, 1.1, 1.5, 1e-7) == ["exact", "steady", "tamed"]
    assert findings(2.0, 1.5, 1.1, 0.3) == ["approximate", "exploding", "untamed"]
    assert findings(1.1, 1.5, 1.51, 0.3) == ["approximate", "steady", "tamed_alike"]
    assert findings(0.5, 1.0, 0.5, 2.0) == ["elsewhere", "steady", "tamed"]
    assert findings(math.nan, math.nan, 1.0, 2.0) == ["elsewhere"]


def test_a_growth_below_1_41_a_block_is_not_steady_by_itself() -> None:
    """1.38 a block is 25 over ten, where unrelated branches would make 3.3."""
    verdict = list(verdicts(_account(1.38, 1.0, 2.0, 0.3)))[1]
    assert verdict.finding == "growing"
    assert verdict.values["total"] == pytest.approx(1.38**10)
    assert verdict.values["fair"] == pytest.approx(math.sqrt(11))


def test_growths_that_differ_with_the_images_decide_nothing() -> None:
    fair = math.sqrt(11) ** 0.1
    parts = [fair * 0.98, fair * 1.03, fair * 0.99, fair * 1.02]
    assert list(verdicts(_account(fair * 1.005, 1, 2, 0.3, parts)))[1].finding == "growth_undecided"


def test_branches_that_begin_at_zero_say_nothing_about_bn() -> None:
    account = _account(1.1, 1.0, 1.0, 0.3)
    account.take("initial", True, [_entry(1), replace(_entry(1), branch=0.0)])
    assert [verdict.finding for verdict in verdicts(account)][-1] == "idle"


def test_growth_is_per_block_of_the_same_size() -> None:
    assert growth([_entry(1), _entry(2), _entry(1, True), _entry(8)]) == pytest.approx(4)
    assert math.isnan(growth([_entry(0), _entry(2)]))


def test_highways_are_refused(small_data: Path) -> None:
    assert "gates" in QUESTION.accepts(experiment(small_data, "highway-8"))
    assert not QUESTION.accepts(experiment(small_data, "plain-8"))
