"""The ledger of a forward pass: the activations x_l after each block, and the sum of all branches.

A trained network is followed in evaluation mode with its own running statistics, and again with
its initial weights, with and without BN. Activations are float32, norms and sums float64. Without
BN a network is followed at initialisation only: at the recipe's learning rate it would not train.
A run that was trained without BN is followed trained; one is on record, from branches that began
at 0 and at a lower rate (Zhang et al. 2019).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from resnet_core.labs.events import Event, Progress, Rows
from resnet_core.labs.forward.question import Settings
from resnet_core.labs.forward.verdicts import Account, Entry, growth, verdicts
from resnet_core.labs.tools.chain import Chain, Step, changes_size
from resnet_core.labs.tools.derived_networks import initial_network
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.blocks import Block, ShortcutBlock

_PARTS = 8  # of the images, whose growths differ by chance


@torch.no_grad()
def ledger(chain: Chain, images: Tensor) -> Iterator[Entry]:
    """Follow the images block by block, and sum x_0 + F_0 + F_1 + ... beside x_l.

    F is the branch's output for the block's real input. Where the size changes, the sum goes
    through the shortcut as x_l does. It is in float64, so that the difference in a network
    that only adds is the rounding of float32.
    """
    x = chain.stem(images)
    adds = all(isinstance(block, ShortcutBlock) for _, block in chain.blocks)
    total = x.double() if adds else None  # x_0
    yield _entry(0, "", False, x, None, total)
    for place, (name, block) in enumerate(chain.blocks, start=1):
        branch = block.residual(x)
        if total is not None:
            total = shortcut_in_float64(block)(total) + branch
        x = block(x)
        yield _entry(place, name, changes_size(block), x, branch, total)


def shortcut_in_float64(block: Block) -> Step:
    """The block's shortcut for float64, its weights, if it has any, the same numbers."""
    return copy.deepcopy(cast(nn.Module, block.downsample)).double()


def norm(x: Tensor) -> float:  # B, C, H, W
    """Root of the mean over the images of the squared Euclidean norm."""
    return float(x.double().square().sum() / len(x)) ** 0.5


def _entry(
    place: int, block: str, resizes: bool, x: Tensor, branch: Tensor | None, total: Tensor | None
) -> Entry:
    carried = norm(x)
    return Entry(
        place,
        block,
        resizes,
        stream=carried,
        branch=None if branch is None else norm(branch),
        total=None if total is None else norm(total),
        difference=None if total is None or carried == 0 else norm(x - total) / carried,
    )


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Follow each network trained, then at initialisation with BN and without."""
    progress = Progress.each(3 * len(networks))
    for network in networks:
        images, _ = network.test_images(settings.images)
        account = Account(network.label, network.family)
        for state, batch_norm, model in _variants(network, images):
            chain = Chain.of(model)
            entries = list(ledger(chain, images))
            parts = images.split(-(-len(images) // _PARTS)) if state == "trained" else ()
            growths = [growth(list(ledger(chain, part))) for part in parts]
            account.take(state, batch_norm, entries, growths)
            which = {**network.columns, "state": state, "batch_norm": batch_norm}
            yield Rows("ledger", [{**which, **vars(entry)} for entry in entries])
            yield next(progress)
        yield from verdicts(account)


def _variants(network: TrainedNetwork, images: Tensor) -> Iterator[tuple[str, bool, nn.Module]]:
    yield "trained", network.experiment.batch_norm, network.model()
    for batch_norm in (True, False):
        model = initial_network(network, images, batch_norm=batch_norm)
        yield "initial", batch_norm, model
