"""Lesions: blocks of a trained network removed or swapped, and the error without retraining.

Veit et al. (2016, section 4) did this to a ResNet-110 and a VGG. The networks are evaluated
as they are, in float32 with BN's running statistics; nothing is trained again.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

from torch import Tensor, nn

from resnet_core.errors import InvalidSetting
from resnet_core.labs.events import Event, Progress, Rows
from resnet_core.labs.lesion.question import Settings
from resnet_core.labs.lesion.verdicts import Losses, verdicts
from resnet_core.labs.tools import chain
from resnet_core.labs.tools.chain import Chain, Step
from resnet_core.labs.tools.short_runs import guessing_error
from resnet_core.labs.tools.trained_network import TrainedNetwork, logits, percent_wrong
from resnet_core.networks.blocks import Block, ResidualBlock, ShortcutBlock, ZeroPadding


def replacement(block: Block) -> Step:
    """The step in the block's place when its layers are removed.

    The identity, where the block's input fits the next block. Else the shortcut alone, and the
    nonlinearity after it. A plain block that changes the size has no shortcut and cannot simply
    be left out either; it gets the parameter-free one of option A (section 3.3).
    """
    if isinstance(block, ShortcutBlock):
        if isinstance(block.downsample, nn.Identity):
            return nn.Identity()
        if isinstance(block, ResidualBlock):
            return nn.Sequential(block.downsample, block.activation)
        return block.downsample
    if not chain.changes_size(block):
        return nn.Identity()
    layers = chain.convolutions(block)
    return ZeroPadding(layers[0].in_channels, layers[-1].out_channels, chain.stride(block), "end")


def lesioned(
    network: Chain, removed: Collection[str] = (), swapped: Collection[str] = ()
) -> list[Step]:
    """The network's blocks, first to last, without the `removed` and with two `swapped`."""
    blocks = dict(network.blocks)
    other = dict(zip(swapped, reversed(list(swapped)), strict=True))
    return [
        replacement(block) if name in removed else blocks[other.get(name, name)]
        for name, block in network.blocks
    ]


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """The requested lesion first, then every single removal and every swap of neighbours.

    Raises:
        InvalidSetting: no network has the requested blocks, or the two do not fit each other.
    """
    lesions = [_Lesions(network, settings) for network in networks]
    progress = Progress.each(sum(len(each.names) + len(each.pairs) for each in lesions))
    named = set(settings.removed + settings.swapped)
    matches = [each for each in lesions if named <= set(each.names)]
    if not matches:
        raise InvalidSetting("removed", "labs.no_such_blocks", last=lesions[0].names[-1])
    for each in matches:
        yield each.requested(settings)
    for rows in (_Lesions.removals, _Lesions.swaps):
        for each in lesions:
            for row in rows(each):
                yield row
                yield next(progress)
    images = min(len(each.labels) for each in lesions)
    yield from verdicts([each.losses for each in lesions], images)


class _Lesions:
    """One network, and its error after each lesion."""

    def __init__(self, network: TrainedNetwork, settings: Settings) -> None:
        self.chain = Chain.of(network.model())
        measured = network.test_images if settings.measured_on == "test" else network.train_images
        self.images, self.labels = measured(settings.images)
        self.names = [name for name, _ in self.chain.blocks]
        self.pairs = neighbours(self.chain)
        whole = self.error()
        chance = guessing_error(len(network.dataset.classes))
        self.losses = Losses(network.label, network.family, whole, chance=chance)
        self._columns = {**network.columns, "whole": whole}

    def requested(self, settings: Settings) -> Rows:
        """The row of the lesion that the settings name."""
        if settings.swapped and not interchangeable(self.chain, settings.swapped):
            raise InvalidSetting("swapped", "labs.swap_shapes", blocks=settings.swapped)
        error = self.error(settings.removed, settings.swapped)
        parts = [", ".join(settings.removed), " ↔ ".join(settings.swapped)]
        blocks = ", ".join(part for part in parts if part)
        if blocks:
            self.losses.lesion = (blocks, error)
        return Rows.one("chosen", self._columns, blocks=blocks, error=error)

    def removals(self) -> Iterator[Rows]:
        """A row for each block, with it alone removed."""
        for place, x in enumerate(self._stream(), start=1):
            name, block = self.chain.blocks[place - 1]
            error, resizes = (
                self._error_from(x, place, replacement(block)),
                chain.changes_size(block),
            )
            (self.losses.resizing if resizes else self.losses.others).append(error)
            columns = {**self._columns, "block": name, "place": place}
            yield Rows.one("removals", columns, changes_size=resizes, error=error)

    def swaps(self) -> Iterator[Rows]:
        """A row for each two neighbours that can be swapped."""
        pairs = enumerate(self.pairs, start=1)
        blocks = dict(self.chain.blocks)
        for at, x in enumerate(self._stream()):
            pair = (self.names[at], self.names[min(at + 1, len(self.names) - 1)])
            if pair not in self.pairs:
                continue
            place, _ = next(pairs)
            error = self._error_from(x, at + 2, blocks[pair[1]], blocks[pair[0]])
            self.losses.swapped.append(error)
            columns = {**self._columns, "blocks": " ↔ ".join(pair), "place": place}
            yield Rows.one("swaps", columns, error=error)

    def error(self, removed: Collection[str] = (), swapped: Collection[str] = ()) -> float:
        """Percent wrong after the lesion."""
        blocks = lesioned(self.chain, removed, swapped)
        return percent_wrong(self.chain.logits(self.images, blocks), self.labels)

    def _stream(self) -> Iterator[Tensor]:
        """The input of each block in the whole network."""
        x = logits(self.chain.stem, self.images)
        for _, block in self.chain.blocks:
            yield x
            x = logits(block, x)

    def _error_from(self, x: Tensor, place: int, *steps: Step) -> float:
        """Percent wrong where x goes through these steps, then through the blocks from `place` on.

        What comes before a lesion is as in the whole network, so it is not computed again.
        """

        rest: list[Step] = [*steps, *(block for _, block in self.chain.blocks[place:])]

        def forward(x: Tensor) -> Tensor:
            for step in rest:
                x = step(x)
            return self.chain.head(x)

        return percent_wrong(logits(forward, x), self.labels)


def neighbours(network: Chain) -> list[tuple[str, str]]:
    """Blocks next to each other within a stage, of which neither changes the size."""
    names = [name for name, _ in network.blocks]
    return [pair for pair in itertools.pairwise(names) if interchangeable(network, pair)]


def interchangeable(network: Chain, pair: Sequence[str]) -> bool:
    """Check that each of the two fits in the other's place."""
    blocks = dict(network.blocks)
    same_stage = len({name.split(".")[0] for name in pair}) == 1
    return same_stage and not any(chain.changes_size(blocks[name]) for name in pair)
