"""Path gradients against autograd, path counts against Pascal, verdicts against numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from resnet_core.labs.paths import run as paths
from resnet_core.labs.paths.question import QUESTION, Settings
from resnet_core.labs.paths.verdicts import Length, bulk, effective, factor, verdict
from resnet_core.labs.tools.chain import Chain
from tests.resnet_core.labs.small_networks import experiment, run, untrained
from tests.small_runs import small_data

__all__ = ["small_data"]


def _network(data: Path, network: str) -> tuple[Chain, Tensor, Tensor]:
    one = untrained(data, network)
    return Chain.of(one.model().requires_grad_(False)), *one.test_images(6)


def _by_detaching(network: Chain, images: Tensor, labels: Tensor, path: tuple[bool, ...]) -> Tensor:
    """The same gradient from one forward pass in which every other way is cut."""
    start = network.stem(images).requires_grad_()
    x = start
    for (_, block), through in zip(network.blocks, path, strict=True):
        branch, shortcut = block.residual(x), block.shortcut(x)
        x = branch + shortcut.detach() if through else branch.detach() + shortcut
        x = block.activation(x) if hasattr(block, "activation") else x
    loss = functional.cross_entropy(network.head(x), labels, reduction="sum")
    return torch.autograd.grad(loss, start)[0]


@pytest.mark.parametrize("name", ["resnet-8", "preresnet-8"])
def test_each_of_the_8_paths_of_3_blocks_is_autograds(small_data: Path, name: str) -> None:
    network, images, labels = _network(small_data, name)
    every = list(product([False, True], repeat=3))
    passages, gradient = paths.forward(network, images, labels)
    gradients = paths.path_gradients(passages, torch.tensor(every), gradient)
    for path, one in zip(every, gradients, strict=True):
        torch.testing.assert_close(one, _by_detaching(network, images, labels, path))
    start = network.stem(images).requires_grad_()
    x = start
    for _, block in network.blocks:
        x = block(x)
    loss = functional.cross_entropy(network.head(x), labels, reduction="sum")
    (whole,) = torch.autograd.grad(loss, start)
    torch.testing.assert_close(gradients.sum(0), whole)


def test_full_enumeration_on_3_blocks_agrees_with_the_run_and_its_samples(small_data: Path) -> None:
    one = untrained(small_data, "resnet-8")
    images, labels = one.test_images(6)
    network = Chain.of(one.model().requires_grad_(False))
    every = list(product([False, True], repeat=3))
    exact = {path: _by_detaching(network, images, labels, path) for path in every}
    norms = {path: float(g.flatten(1).norm(dim=1).mean()) for path, g in exact.items()}
    complete, _ = run(QUESTION, paths.run(Settings(images=6), [one]))
    sampled, _ = run(QUESTION, paths.run(Settings(images=6, samples=2), [one]))
    for length in range(4):
        mean = [norms[path] for path in every if sum(path) == length]
        row, estimate = complete["lengths"][length], sampled["lengths"][length]
        assert row["sampled"] == row["paths"] == math.comb(3, length)
        assert row["gradient"] == pytest.approx(sum(mean) / len(mean), rel=1e-4)
        assert row["carried"] == pytest.approx(sum(mean), rel=1e-4)
        assert estimate["sampled"] == min(2, row["paths"])
        assert min(mean) * 0.999 <= estimate["gradient"] <= max(mean) * 1.001


def test_samples_estimate_the_mean_of_all_paths(small_data: Path) -> None:
    network, images, labels = _network(small_data, "preresnet-38")  # 18 blocks
    passages, gradient = paths.forward(network, images, labels)
    every = paths.drawn(18, 2, 153, torch.Generator())
    exact = paths.norms(passages, every, gradient)
    assert len(exact) == math.comb(18, 2)
    few = paths.norms(passages, paths.drawn(18, 2, 60, torch.Generator().manual_seed(1)), gradient)
    standard_error = exact.std() / math.sqrt(60)
    assert abs(few.mean() - exact.mean()) < 4 * standard_error


def test_drawn_paths_are_different_and_of_the_length() -> None:
    through = paths.drawn(27, 13, 40, torch.Generator().manual_seed(0))
    assert through.shape == (40, 27)
    assert (through.sum(1) == 13).all()
    assert len(through.unique(dim=0)) == 40


def _lengths(blocks: int, factor: float) -> list[Length]:
    counts = [math.comb(blocks, k) for k in range(blocks + 1)]
    return [Length(k, count, count, factor**k, 0.0) for k, count in enumerate(counts)]


@pytest.mark.parametrize(
    ("each", "finding"), [(0.2, "short"), (0.8, "shorter"), (1.0, "even"), (3.0, "long")]
)
def test_the_verdict_follows_what_a_block_does_to_a_path(each: float, finding: str) -> None:
    """With comb(n, k) paths of gradient f^k the mean length is n f / (1 + f)."""
    lengths = _lengths(20, each)
    assert effective(lengths) == pytest.approx(20 * each / (1 + each))
    assert factor(lengths) == pytest.approx(each)
    assert verdict("net", lengths).finding == finding
    low, high = bulk(lengths)
    inside = sum(one.carried for one in lengths[low : high + 1])
    assert inside >= 0.9 * sum(one.carried for one in lengths)


def test_a_mean_length_that_chance_allows_is_no_verdict() -> None:
    """4.4 of 10 blocks: the even band ends at 4.5, the interval at 4.2 and 4.6."""
    lengths = _lengths(10, 0.8)
    assert verdict("net", lengths).finding == "shorter"
    assert verdict("net", lengths, image_error=0.1).finding == "undecided"
    noisy = [replace(one, uncertainty=one.gradient) for one in lengths]
    assert verdict("net", noisy).finding == "undecided"


def test_the_error_over_the_images_is_that_of_a_ratio() -> None:
    """Against the spread of the same estimate over many draws of as many images."""
    chance = torch.Generator().manual_seed(0)
    carried = torch.rand(5, 4000, generator=chance, dtype=torch.float64) ** 3
    places = torch.arange(5, dtype=torch.float64)[:, None]
    draws = [(places * part).sum() / part.sum() for part in carried.split(40, dim=1)]
    expected = float(torch.stack(draws).std())
    assert paths.effective_error(carried[:, :40]) == pytest.approx(expected, rel=0.35)
    assert paths.effective_error(carried[:, :1]) == 0


def test_a_network_without_gradient_has_a_verdict_of_its_own() -> None:
    assert verdict("net", [Length(0, 1, 1, 0.0, 0.0), Length(1, 1, 1, 0.0, 0.0)]).finding == "none"


def test_a_network_of_strong_branches_turns_the_verdict(small_data: Path) -> None:
    """Branches whose last layer is 30 times as large carry more than the shortcuts."""
    one = untrained(small_data, "preresnet-14")
    for name in one.weights:
        if name.endswith("conv2.weight"):
            one.weights[name] *= 30
    _, (conclusions,) = run(QUESTION, paths.run(Settings(images=4), [one]))
    assert conclusions.finding == "long"
    assert conclusions.values["factor"] > 1


def test_networks_without_paths_are_refused(small_data: Path) -> None:
    assert QUESTION.accepts(experiment(small_data, "plain-8")) == "labs.one_path"
    assert QUESTION.accepts(experiment(small_data, "highway-8")) == "labs.gated_paths"
    assert not QUESTION.accepts(experiment(small_data, "resnet-8"))
