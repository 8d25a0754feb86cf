"""The gradient that every path through a residual network carries, by the path's length.

n blocks make 2^n paths from output to input: each block is passed by its branch or by its
shortcut. With the activations of one forward pass held fixed the gradient is the sum over
all paths of the product of what they pass (Veit et al. 2016, sections 3 and 5). Float32,
evaluation mode, so that no image has a part in another's gradient.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from resnet_core.labs.events import Event, Progress, Rows, Value
from resnet_core.labs.paths import question as paths
from resnet_core.labs.paths.verdicts import Length, verdict
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import columns
from resnet_core.labs.tools.chain import Chain, Step
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.blocks import ResidualBlock, ShortcutBlock
from resnet_core.networks.initialization import generator

_IMAGES_AT_ONCE = 1024  # paths x images of one pass


@dataclass(frozen=True)
class Passage:
    """A block as it was passed once: y = f(F(x) + S(x)).

    Attributes:
        x: what entered it, B, C, H, W.
        slope: f' at the addition, B, C', H', W'; 1 where nothing follows the addition.
    """

    block: ShortcutBlock
    x: Tensor
    slope: Tensor


def sent_back(passages: Sequence[Passage], through: Tensor, gradient: Tensor) -> Tensor:
    """The gradient that arrives at x_0 by each of some paths.

    Args:
        through: bool, P, L: whether path p goes through the branch of block l.
        gradient: of the loss at x_L, B, C, H, W.

    Returns:
        P, B, C_0, H_0, W_0.
    """
    arriving = gradient.expand(len(through), *gradient.shape)
    for passage, branch in zip(reversed(passages), through.T.flip(0), strict=True):
        at_addition = arriving * passage.slope
        arriving = at_addition.new_empty(len(through), *passage.x.shape)
        for step, chosen in ((passage.block.residual, branch), (passage.block.shortcut, ~branch)):
            if chosen.any():
                arriving[chosen] = transposed(step, passage.x, at_addition[chosen])
    return arriving


def transposed(step: Step, x: Tensor, gradients: Tensor) -> Tensor:
    """The step's transposed Jacobian at x times each of P gradients: P, B, ... -> P, B, ..."""
    copies = x.repeat(len(gradients), 1, 1, 1).requires_grad_()
    (result,) = torch.autograd.grad(step(copies), copies, gradients.flatten(0, 1))
    return result.unflatten(0, gradients.shape[:2])


def drawn(blocks: int, length: int, most: int, chance: torch.Generator) -> Tensor:
    """Different paths of a length, all of them if they are no more than `most`: bool, P, L."""
    if math.comb(blocks, length) <= most:
        chosen = set(combinations(range(blocks), length))
    else:
        chosen = set()
        while len(chosen) < most:
            places = torch.randperm(blocks, generator=chance)[:length]
            chosen.add(tuple(sorted(places.tolist())))
    through = torch.zeros(len(chosen), blocks, dtype=torch.bool)
    for row, path in enumerate(sorted(chosen)):
        through[row, list(path)] = True
    return through


def forward(network: Chain, images: Tensor, labels: Tensor) -> tuple[list[Passage], Tensor]:
    """The blocks as the images pass them, and the gradient of their loss at x_L.

    The loss is the sum over the images, so that each has its own gradient.
    """
    passages = []
    with torch.no_grad():
        x = network.stem(images)
        for _, block in network.blocks:
            passages.append(_passage(cast(ShortcutBlock, block), x))
            x = block(x)
    x.requires_grad_()
    loss = functional.cross_entropy(network.head(x), labels, reduction="sum")
    return passages, torch.autograd.grad(loss, x)[0]


def _passage(block: ShortcutBlock, x: Tensor) -> Passage:
    addition = block.residual(x) + block.shortcut(x)
    if not isinstance(block, ResidualBlock):
        return Passage(block, x, torch.ones_like(addition))
    with torch.enable_grad():
        addition.requires_grad_()
        (slope,) = torch.autograd.grad(block.activation(addition).sum(), addition)
    return Passage(block, x, slope)


def norms(passages: Sequence[Passage], through: Tensor, gradient: Tensor) -> Tensor:
    """The mean over the images of each path's gradient norm at x_0: P."""
    at_once = max(1, _IMAGES_AT_ONCE // len(gradient))
    parts = [sent_back(passages, part, gradient) for part in through.split(at_once)]
    return torch.cat([part.flatten(2).norm(dim=2).mean(dim=1) for part in parts]).double()


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """Each network's lengths, from the one path of shortcuts alone to that of all branches."""
    asked = cast(paths.Settings, settings)
    networks = [Chain.of(subject.model().requires_grad_(False)) for subject in subjects]
    done, total = 0, sum(len(network.blocks) + 1 for network in networks)
    for subject, network in zip(subjects, networks, strict=True):
        chance = generator(asked.seed, "paths")
        passages, gradient = forward(network, *subject.test_images(asked.images))
        lengths = []
        for length in range(len(passages) + 1):
            through = drawn(len(passages), length, asked.samples, chance).to(gradient.device)
            lengths.append(_measured(length, norms(passages, through, gradient), len(passages)))
            yield Rows("lengths", [{**columns.of(subject), **_row(lengths[-1], len(passages))}])
            yield Progress(done := done + 1, total)
        yield verdict(subject.label, lengths)


def _measured(length: int, gradients: Tensor, blocks: int) -> Length:
    paths_of_it = math.comb(blocks, length)
    complete = len(gradients) == paths_of_it
    spread = 0.0 if complete else float(gradients.std()) / math.sqrt(len(gradients))
    return Length(length, paths_of_it, len(gradients), float(gradients.mean()), spread)


def _row(length: Length, blocks: int) -> dict[str, Value]:
    return {
        "blocks": blocks,
        "length": length.length,
        "paths": float(length.paths),
        "sampled": length.sampled,
        "gradient": length.gradient,
        "uncertainty": length.uncertainty,
        "carried": length.carried,
    }
