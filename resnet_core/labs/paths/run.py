"""The gradient along each path through a residual network, by the path's length.

n blocks make 2^n paths from output to input: each block is passed by its branch or by its
shortcut. With the activations of one forward pass held fixed the gradient is the sum over all
paths of the product of their Jacobians (Veit et al. 2016, sections 3 and 5). Float32, evaluation
mode, so that no image affects another's gradient.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from resnet_core.labs.events import Event, Progress, Rows
from resnet_core.labs.paths.question import Settings
from resnet_core.labs.paths.verdicts import Length, verdict
from resnet_core.labs.tools.chain import Chain, Step, gradient_at_end, subsets, transposed
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.blocks import ResidualBlock, ShortcutBlock
from resnet_core.networks.initialization import generator

_IMAGES_AT_ONCE = 1024  # paths x images of one pass


@dataclass(frozen=True)
class Passage:
    """A block in one forward pass: y = f(F(x) + S(x)).

    Attributes:
        x: its input, B, C, H, W.
        slope: f' at the addition, B, C', H', W'; 1 where nothing follows the addition.
    """

    block: ShortcutBlock
    x: Tensor
    slope: Tensor


def path_gradients(passages: Sequence[Passage], through: Tensor, gradient: Tensor) -> Tensor:
    """The gradient at x_0 along each of the given paths.

    Args:
        through: bool, P, L: path p goes through the branch of block l.
        gradient: of the loss at x_L, B, C, H, W.

    Returns:
        Shape P, B, C_0, H_0, W_0.
    """
    arriving = gradient.expand(len(through), *gradient.shape)
    for passage, branch in zip(reversed(passages), through.T.flip(0), strict=True):
        at_addition = arriving * passage.slope
        arriving = at_addition.new_empty(len(through), *passage.x.shape)
        for step, mask in ((passage.block.residual, branch), (passage.block.shortcut, ~branch)):
            if mask.any():
                arriving[mask] = transposed_by_path(step, passage.x, at_addition[mask])
    return arriving


def transposed_by_path(step: Step, x: Tensor, gradients: Tensor) -> Tensor:
    """The step's transposed Jacobian at x times each of P gradients: P, B, ... -> P, B, ..."""
    repeated = x.repeat(len(gradients), 1, 1, 1)
    return transposed(step, repeated, gradients.flatten(0, 1)).unflatten(0, gradients.shape[:2])


def drawn(blocks: int, length: int, most: int, chance: torch.Generator) -> Tensor:
    """Different paths of a length, at most `most` of them at random: bool, P, L."""
    paths = subsets(
        blocks, length, most, lambda: torch.randperm(blocks, generator=chance)[:length].tolist()
    )
    through = torch.zeros(len(paths), blocks, dtype=torch.bool)
    for row, path in enumerate(paths):
        through[row, list(path)] = True
    return through


def forward(chain: Chain, images: Tensor, labels: Tensor) -> tuple[list[Passage], Tensor]:
    """Every block's passage, and the gradient of the loss at x_L.

    The loss is the sum over the images, so that each has its own gradient.
    """
    passages = []
    with torch.no_grad():
        x = chain.stem(images)
        for _, block in chain.blocks:
            passages.append(_passage(cast(ShortcutBlock, block), x))
            x = block(x)
    return passages, gradient_at_end(chain, x, labels)


def _passage(block: ShortcutBlock, x: Tensor) -> Passage:
    addition = block.residual(x) + block.shortcut(x)
    if not isinstance(block, ResidualBlock):
        return Passage(block, x, torch.ones_like(addition))
    with torch.enable_grad():
        addition.requires_grad_()
        (slope,) = torch.autograd.grad(block.activation(addition).sum(), addition)
    return Passage(block, x, slope)


def norms_by_image(passages: Sequence[Passage], through: Tensor, gradient: Tensor) -> Tensor:
    """Each path's gradient norm at x_0 for each image: P, B."""
    at_once = max(1, _IMAGES_AT_ONCE // len(gradient))
    parts = [path_gradients(passages, part, gradient) for part in through.split(at_once)]
    return torch.cat([part.flatten(2).norm(dim=2) for part in parts]).double()


def norms(passages: Sequence[Passage], through: Tensor, gradient: Tensor) -> Tensor:
    """The mean over the images of each path's gradient norm at x_0: P."""
    return norms_by_image(passages, through, gradient).mean(dim=1)


def effective_error(carried: Tensor) -> float:
    """Standard error over the images of the mean length, each counted by what it carries.

    The images' own mean lengths, weighted by their gradients: a ratio estimate's first order.

    Args:
        carried: float64, lengths, images: number of paths times mean gradient norm.
    """
    by_image = carried.sum(dim=0)
    total, count = float(by_image.sum()), carried.shape[1]
    if count < 2 or total == 0:
        return 0.0
    lengths = torch.arange(len(carried), dtype=carried.dtype, device=carried.device)
    moments = (lengths[:, None] * carried).sum(dim=0)
    deviations = moments - moments.sum() / total * by_image
    return float((deviations.square().sum() * count / (count - 1)).sqrt()) / total


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Measure each network's paths by length, from 0 (shortcuts alone) to all branches."""
    chains = [Chain.of(network.model().requires_grad_(False)) for network in networks]
    progress = Progress.each(sum(len(chain.blocks) + 1 for chain in chains))
    for network, chain in zip(networks, chains, strict=True):
        chance = generator(settings.seed, "paths")
        passages, gradient = forward(chain, *network.test_images(settings.images))
        lengths, carried = [], []
        for length in range(len(passages) + 1):
            through = drawn(len(passages), length, settings.samples, chance).to(gradient.device)
            by_image = norms_by_image(passages, through, gradient)
            measured = _measured(length, by_image.mean(dim=1), len(passages))
            lengths.append(measured)
            carried.append(measured.paths * by_image.mean(dim=0))
            # The number of paths may be larger than any integer of a table.
            row = {**vars(measured), "paths": float(measured.paths), "carried": measured.carried}
            yield Rows.one("lengths", network.columns, row, blocks=len(passages))
            yield next(progress)
        yield verdict(network.label, lengths, effective_error(torch.stack(carried)))


def _measured(length: int, gradients: Tensor, blocks: int) -> Length:
    paths = math.comb(blocks, length)
    complete = len(gradients) == paths
    spread = 0.0 if complete else float(gradients.std()) / math.sqrt(len(gradients))
    return Length(length, paths, len(gradients), float(gradients.mean()), spread)
