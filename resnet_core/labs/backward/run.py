"""The gradient of the loss, split at every addition.

At y = f(F(x) + S(x)) the gradient g = f' dL/dy goes on in two parts: the shortcut's, S'^T g, and
the branch's, F'^T g. Their sum is dL/dx. Float32, evaluation mode: each image has its own
gradient, and figures are means over the images. At initialisation BN has the images' own
statistics, see `initial_network`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from resnet_core.labs.backward.question import Settings
from resnet_core.labs.backward.verdicts import Addition, verdicts
from resnet_core.labs.events import Event, Progress, Rows, finite
from resnet_core.labs.tools.chain import Chain, changes_size, gradient_at_end, transposed
from resnet_core.labs.tools.derived_networks import initial_network
from resnet_core.labs.tools.trained_network import TrainedNetwork, standard_error
from resnet_core.networks.blocks import Block, PreActivationBlock, ShortcutBlock


@dataclass(frozen=True)
class Split:
    """The gradient at one block, B, C, H, W each.

    Attributes:
        x: the block's input.
        added: F(x).
        behind: dL/dy.
        branch: F'^T g, its part of dL/dx.
        shortcut: S'^T g, likewise; None in a plain block.
    """

    block: Block
    x: Tensor
    added: Tensor
    behind: Tensor
    branch: Tensor
    shortcut: Tensor | None

    @property
    def before(self) -> Tensor:
        """The gradient dL/dx."""
        return self.branch if self.shortcut is None else self.branch + self.shortcut


def split(block: Block, x: Tensor, behind: Tensor) -> Split:
    """The two parts of dL/dx, from dL/dy."""
    shortcut = block.shortcut if isinstance(block, ShortcutBlock) else None
    with torch.no_grad():
        added = block.residual(x)
        addition = added + shortcut(x) if shortcut else added
    arriving = behind
    if not isinstance(block, PreActivationBlock):
        arriving = transposed(block.get_submodule("activation"), addition, behind)
    through_branch = transposed(block.residual, x, arriving)
    through_shortcut = transposed(shortcut, x, arriving) if shortcut else None
    return Split(block, x, added, behind, through_branch, through_shortcut)


def splits(chain: Chain, images: Tensor, labels: Tensor) -> Iterator[tuple[int, Split]]:
    """Every block's place, counted from 1, and split, from the last back to the first.

    The loss is the cross-entropy summed over the images.
    """
    with torch.no_grad():
        stream = list(chain.stream(images))
    gradient = gradient_at_end(chain, stream[-1], labels)
    for place in range(len(chain.blocks), 0, -1):
        at_block = split(chain.blocks[place - 1][1], stream[place - 1], gradient)
        yield place, at_block
        gradient = at_block.before


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Split the gradient of each network from its last block to its first."""
    images = [network.train_images(settings.images) for network in networks]
    chains = []
    for network, (x, _) in zip(networks, images, strict=True):
        trained = settings.state == "trained"
        model = network.model() if trained else initial_network(network, x)
        chains.append(Chain.of(model.requires_grad_(False)))
    progress = Progress.each(sum(len(chain.blocks) for chain in chains))
    for network, chain, (x, y) in zip(networks, chains, images, strict=True):
        additions = []
        for place, at_block in splits(chain, x, y):
            additions.append(_measured(chain.blocks[place - 1][0], at_block))
            yield Rows.one("additions", network.columns, vars(additions[-1]), place=place)
            yield next(progress)
        yield from verdicts(network.label, additions)


def _measured(name: str, at_block: Split) -> Addition:
    """Means over the images; those whose gradient is 0 have no gain and no cosine."""
    before, behind, shortcut = at_block.before, at_block.behind, at_block.shortcut
    resizes = changes_size(at_block.block)
    moves = shortcut is not None and not resizes  # x, by F(x)
    descent = cosines(at_block.added, -before) if moves else None
    return Addition(
        name,
        resizes,
        behind=float(norms(behind).mean()),
        before=float(norms(before).mean()),
        shortcut=None if shortcut is None else float(norms(shortcut).mean()),
        branch=float(norms(at_block.branch).mean()),
        gain=_mean(norms(before) / norms(behind)),
        shortcut_gain=None if shortcut is None else _mean(norms(shortcut) / norms(behind)),
        branch_gain=_mean(norms(at_block.branch) / norms(behind)),
        cosine=None if shortcut is None else _mean(cosines(at_block.branch, shortcut)),
        descent=None if descent is None else _mean(descent),
        descent_error=None if descent is None else standard_error(descent),
        gain_error=finite(standard_error(norms(before) / norms(behind))) or 0.0,
        behind_error=finite(standard_error(norms(behind))) or 0.0,
        before_error=finite(standard_error(norms(before))) or 0.0,
    )


def norms(x: Tensor) -> Tensor:
    """Euclidean norm of each image: B, C, H, W -> B."""
    return x.double().flatten(1).norm(dim=1)


def cosines(a: Tensor, b: Tensor) -> Tensor:
    """Cosine of each image's two tensors: B, C, H, W -> B; nan where one of them is 0."""
    return (a.double() * b.double()).flatten(1).sum(1) / (norms(a) * norms(b))


def _mean(values: Tensor) -> float:
    """Mean over the images that have a value; nan if none has."""
    return float(values[values.isfinite()].mean())
