"""Lesions: blocks of a trained network removed or swapped, and the error at once.

Veit et al. (2016, section 4) did this to a ResNet-110 and a VGG. The networks are evaluated
as they are, in float32 with BN's running statistics; nothing is trained again.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from resnet_core.errors import InvalidSetting
from resnet_core.labs.events import Event, Progress, Rows, Value
from resnet_core.labs.lesion import question as lesion
from resnet_core.labs.lesion.verdicts import Losses, verdicts
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import chain, columns
from resnet_core.labs.tools.chain import Chain, Step
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.blocks import Block, ResidualBlock, ShortcutBlock, ZeroPadding

_IMAGES_AT_ONCE = 250


def what_is_left(block: Block) -> Step:
    """What stands in the block's place when its layers are taken out.

    Nothing, where what enters the block fits what follows it. Else the shortcut alone, and
    the nonlinearity after it. A plain block that changes the size has no shortcut and cannot
    simply be left out either; it gets the parameter-free one of option A (section 3.3).
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
        what_is_left(block) if name in removed else blocks[other.get(name, name)]
        for name, block in network.blocks
    ]


@torch.inference_mode()
def error(network: Chain, blocks: Sequence[Step], images: Tensor, labels: Tensor) -> float:
    """Percent wrong with these blocks in the place of the network's own."""
    wrong = 0
    for x, truth in zip(images.split(_IMAGES_AT_ONCE), labels.split(_IMAGES_AT_ONCE), strict=True):
        x = network.stem(x)
        for block in blocks:
            x = block(x)
        wrong += int((network.head(x).argmax(1) != truth).sum())
    return 100 * wrong / len(labels)


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """The chosen lesion first, then every single removal and every swap of neighbours.

    Raises:
        InvalidSetting: no network has the chosen blocks, or the two do not fit each other.
    """
    asked = cast(lesion.Settings, settings)
    patients = [_Patient(subject, asked) for subject in subjects]
    steps = _Steps(sum(patient.lesions for patient in patients))
    chosen = [patient for patient in patients if patient.has(asked.removed + asked.swapped)]
    if not chosen:
        last = patients[0].names[-1]
        raise InvalidSetting("removed", f"no network here has these blocks; the last is {last}.")
    for patient in chosen:
        yield Rows("chosen", [patient.chosen(asked)])
    for patient in patients:
        for row in patient.removals():
            yield Rows("removals", [row])
            yield steps.done()
    for patient in patients:
        for row in patient.swaps():
            yield Rows("swaps", [row])
            yield steps.done()
    images = min(len(patient.labels) for patient in patients)
    yield from verdicts([patient.losses for patient in patients], images)


class _Steps:
    def __init__(self, total: int) -> None:
        self._done, self._total = 0, total

    def done(self) -> Progress:
        self._done += 1
        return Progress(self._done, self._total)


class _Patient:
    """One network, whole, and what it loses by each lesion."""

    def __init__(self, subject: Subject, settings: lesion.Settings) -> None:
        self.network = Chain.of(subject.model())
        measured = subject.test_images if settings.measured_on == "test" else subject.train_images
        self.images, self.labels = measured(settings.images)
        self.names = [name for name, _ in self.network.blocks]
        self.pairs = neighbours(self.network)
        self.lesions = len(self.names) + len(self.pairs)
        whole = self._error()
        self.losses = Losses(subject.label, subject.family, whole)
        self._said = {**columns.of(subject), "whole": whole}

    def has(self, names: Collection[str]) -> bool:
        return set(names) <= set(self.names)

    def chosen(self, settings: lesion.Settings) -> dict[str, Value]:
        if settings.swapped and not interchangeable(self.network, settings.swapped):
            raise InvalidSetting(
                "swapped",
                f"{' and '.join(settings.swapped)} have different shapes; "
                "swap two blocks of one stage of which neither changes the size.",
            )
        measured = self._error(settings.removed, settings.swapped)
        parts = [", ".join(settings.removed), " ↔ ".join(settings.swapped)]
        blocks = ", ".join(part for part in parts if part)
        if blocks:
            self.losses.chosen = (blocks, measured)
        return {**self._said, "blocks": blocks, "error": measured}

    def removals(self) -> Iterator[dict[str, Value]]:
        """A row for each block, with it alone removed."""
        for place, (name, block) in enumerate(self.network.blocks, start=1):
            measured, resizes = self._error(removed=(name,)), chain.changes_size(block)
            (self.losses.resizing if resizes else self.losses.others).append(measured)
            where: dict[str, Value] = {"block": name, "place": place, "changes_size": resizes}
            yield {**self._said, **where, "error": measured}

    def swaps(self) -> Iterator[dict[str, Value]]:
        """A row for each two neighbours that can be swapped."""
        for place, pair in enumerate(self.pairs, start=1):
            measured = self._error(swapped=pair)
            self.losses.swapped.append(measured)
            yield {**self._said, "blocks": " ↔ ".join(pair), "place": place, "error": measured}

    def _error(self, removed: Collection[str] = (), swapped: Collection[str] = ()) -> float:
        blocks = lesioned(self.network, removed, swapped)
        return error(self.network, blocks, self.images, self.labels)


def neighbours(network: Chain) -> list[tuple[str, str]]:
    """Blocks next to each other within a stage, of which neither changes the size."""
    names = [name for name, _ in network.blocks]
    pairs = list(itertools.pairwise(names))
    return [pair for pair in pairs if interchangeable(network, pair)]


def interchangeable(network: Chain, pair: Sequence[str]) -> bool:
    """Whether each of the two fits in the other's place."""
    blocks = dict(network.blocks)
    same_stage = len({name.split(".")[0] for name in pair}) == 1
    return same_stage and not any(chain.changes_size(blocks[name]) for name in pair)
