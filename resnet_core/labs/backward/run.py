"""The gradient of the loss on its way back, split at every addition.

At y = f(F(x) + S(x)) the gradient that arrives, g = f' dL/dy, goes on in two parts: the
shortcut's, S'^T g, and the branch's, F'^T g. Their sum is dL/dx. Float32, evaluation mode:
each image has its own gradient, and figures are means over the images. At initialisation
BN has the images' own statistics, see `twins.initial`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from resnet_core.labs.backward import question as backward
from resnet_core.labs.backward.verdicts import Addition, verdicts
from resnet_core.labs.events import Event, Progress, Rows, Value
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import chain, columns, initial_network
from resnet_core.labs.tools.chain import Chain, Step
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.blocks import Block, PreActivationBlock, ShortcutBlock


@dataclass(frozen=True)
class Split:
    """The gradient at one block, B, C, H, W each.

    Attributes:
        x: what entered the block.
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
        """dL/dx."""
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


def transposed(step: Step, x: Tensor, gradient: Tensor) -> Tensor:
    """The step's transposed Jacobian at x times the gradient at its output."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(step(x), x, gradient)[0]


def splits(network: Chain, images: Tensor, labels: Tensor) -> Iterator[tuple[int, Split]]:
    """Every block's place, counted from 1, and split, from the last back to the first.

    The loss is the cross-entropy summed over the images.
    """
    with torch.no_grad():
        stream = list(network.stream(images))
    last = stream[-1].requires_grad_()
    loss = functional.cross_entropy(network.head(last), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, last)
    for place in range(len(network.blocks), 0, -1):
        found = split(network.blocks[place - 1][1], stream[place - 1], gradient)
        yield place, found
        gradient = found.before


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """Each network from its last block to its first."""
    asked = cast(backward.Settings, settings)
    images, labels = zip(*(one.train_images(asked.images) for one in subjects), strict=True)
    networks = [Chain.of(_model(*each, asked)) for each in zip(subjects, images, strict=True)]
    done, total = 0, sum(len(network.blocks) for network in networks)
    for subject, network, x, truth in zip(subjects, networks, images, labels, strict=True):
        additions = []
        for place, found in splits(network, x, truth):
            additions.append(_measured(network.blocks[place - 1][0], found))
            yield Rows("additions", [_row(subject, place, additions[-1])])
            yield Progress(done := done + 1, total)
        yield from verdicts(subject.label, additions)


def _model(subject: Subject, images: Tensor, settings: backward.Settings) -> torch.nn.Module:
    trained = settings.state == "trained"
    model = subject.model() if trained else initial_network.initial(subject, images)
    return model.requires_grad_(False)


def _measured(name: str, found: Split) -> Addition:
    """Means over the images; those whose gradient is 0 have no gain and no cosine."""
    before, behind, shortcut = found.before, found.behind, found.shortcut
    resizes = chain.changes_size(found.block)
    moves = shortcut is not None and not resizes  # x, by F(x)
    descent = cosines(found.added, -before) if moves else None
    return Addition(
        name,
        resizes,
        behind=float(norms(behind).mean()),
        before=float(norms(before).mean()),
        shortcut=None if shortcut is None else float(norms(shortcut).mean()),
        branch=float(norms(found.branch).mean()),
        gain=_mean(norms(before) / norms(behind)),
        shortcut_gain=None if shortcut is None else _mean(norms(shortcut) / norms(behind)),
        branch_gain=_mean(norms(found.branch) / norms(behind)),
        cosine=None if shortcut is None else _mean(cosines(found.branch, shortcut)),
        descent=None if descent is None else _mean(descent),
        descent_error=None if descent is None else _standard_error(descent),
    )


def norms(x: Tensor) -> Tensor:
    """Euclidean, of each image: B, C, H, W -> B."""
    return x.double().flatten(1).norm(dim=1)


def cosines(a: Tensor, b: Tensor) -> Tensor:
    """Of each image's two tensors: B, C, H, W -> B; nan where one of them is 0."""
    return (a.double() * b.double()).flatten(1).sum(1) / (norms(a) * norms(b))


def _mean(values: Tensor) -> float:
    """Over the images that have a value; nan if none has."""
    return float(values[values.isfinite()].mean())


def _standard_error(values: Tensor) -> float:
    there = values[values.isfinite()]
    return float(there.std()) / math.sqrt(len(there)) if len(there) > 1 else math.nan


def _row(subject: Subject, place: int, addition: Addition) -> dict[str, Value]:
    return {**columns.of(subject), "place": place, **vars(addition)}
