"""Ensembles: trained runs whose predictions are averaged, and one network that loses blocks.

Veit et al. (2016) read a residual network as an ensemble of its paths: then it should miss a
block as little as an ensemble misses a member. Both are measured here, on the same images.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from itertools import combinations
from statistics import fmean
from typing import cast

import torch
from torch import Tensor

from resnet_core.errors import PlaygroundError
from resnet_core.labs.ensemble import question as ensemble
from resnet_core.labs.ensemble.verdicts import Average, Thinning, verdicts
from resnet_core.labs.events import Event, Progress, Row, Rows
from resnet_core.labs.lesion.run import lesioned
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import chain
from resnet_core.labs.tools.chain import Chain, Step
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.blocks import ShortcutBlock

_IMAGES_AT_ONCE = 250


@torch.inference_mode()
def probabilities(network: Chain, blocks: Sequence[Step], images: Tensor) -> Tensor:
    """p(class | image): the softmax of the scores. N, C, H, W -> N, classes."""
    parts = []
    for x in images.split(_IMAGES_AT_ONCE):
        x = network.stem(x)
        for block in blocks:
            x = block(x)
        parts.append(network.head(x).softmax(dim=1))
    return torch.cat(parts)


def averaged(members: Sequence[Tensor]) -> Tensor:
    """The ensemble's probabilities: the mean of its members'. each N, classes -> N, classes."""
    return torch.stack(list(members)).mean(dim=0)


def wrong(probability: Tensor, labels: Tensor) -> Tensor:
    """Whether the likeliest class is not the image's. N, classes -> bool, N."""
    return probability.argmax(dim=1) != labels


def both_wrong(first: Tensor, second: Tensor) -> tuple[float, float]:
    """Percent of images on which both are wrong, and what it would be for independent mistakes.

    Args:
        first, second: whether each is wrong, bool, N.
    """
    return percent(first & second), percent(first) * percent(second) / 100


def percent(mistakes: Tensor) -> float:
    """The share of a bool tensor that is true."""
    return 100 * int(mistakes.sum()) / mistakes.numel()


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """Let the runs join one by one, compare them pair by pair, then drop blocks from one.

    Raises:
        PlaygroundError: there are fewer than two runs, or they were not trained on one data set.
    """
    asked = cast(ensemble.Settings, settings)
    _check(subjects)
    images, labels = subjects[0].test_images(asked.images)
    patient = _patient(subjects)
    draws = _draws(patient, asked) if patient else []
    total = len(subjects) + sum(map(len, draws))
    members: list[Tensor] = []
    for subject in subjects:
        network = Chain.of(subject.model())
        members.append(
            probabilities(network, lesioned(network), subject.test_images(asked.images)[0])
        )
        yield Rows("members", [_member(subject, members[-1], labels)])
        yield Rows("joined", [_joined(members, labels)])
        yield Progress(len(members), total)
    yield Rows("subsets", _subsets(members, labels))
    pairs = _pairs(subjects, members, labels)
    yield Rows("pairs", pairs)
    thinning = None
    if patient:
        thinnings = _Thinnings(patient, members[subjects.index(patient)], images, labels)
        done = len(subjects)
        for choice in draws:
            for rows in thinnings.of(choice):
                yield rows
                done += rows.table == "dropped"
                yield Progress(done, total)
        thinning = thinnings.first
    yield from verdicts(_average(members, labels), pairs, thinning)


def _check(subjects: Sequence[Subject]) -> None:
    if len(subjects) < 2:
        raise PlaygroundError("An average needs at least two runs; choose from 2 to 6.")
    first = subjects[0].dataset.fingerprint
    for subject in subjects[1:]:
        if subject.dataset.fingerprint != first:
            raise PlaygroundError(
                f"{subject.label} was trained on other images than {subjects[0].label}; choose "
                "runs on the same data and image size."
            )


def _member(subject: Subject, probability: Tensor, labels: Tensor) -> Row:
    error = percent(wrong(probability, labels))
    return {
        "run": subject.id,
        "label": subject.label,
        "family": subject.family,
        "depth": subject.depth,
        "error": error,
    }


def _joined(members: Sequence[Tensor], labels: Tensor) -> Row:
    alone = fmean(percent(wrong(member, labels)) for member in members)
    error = percent(wrong(averaged(members), labels))
    return {"members": len(members), "error": error, "alone": alone}


def _subsets(members: Sequence[Tensor], labels: Tensor) -> list[Row]:
    """Every way to choose k of the runs: so the order in which they joined plays no part."""
    rows: list[Row] = []
    for size in range(1, len(members) + 1):
        errors = [
            percent(wrong(averaged(chosen), labels)) for chosen in combinations(members, size)
        ]
        rows.append(
            {"members": size, "mean": fmean(errors), "low": min(errors), "high": max(errors)}
        )
    return rows


def _pairs(subjects: Sequence[Subject], members: Sequence[Tensor], labels: Tensor) -> list[Row]:
    rows: list[Row] = []
    for first, second in combinations(range(len(members)), 2):
        one, other = members[first], members[second]
        together, independent = both_wrong(wrong(one, labels), wrong(other, labels))
        rows.append(
            {
                "first": subjects[first].label,
                "second": subjects[second].label,
                "disagreement": percent(one.argmax(dim=1) != other.argmax(dim=1)),
                "both_wrong": together,
                "independent": independent,
            }
        )
    return rows


def _average(members: Sequence[Tensor], labels: Tensor) -> Average:
    everyone = wrong(averaged(members), labels)
    alone = torch.stack([wrong(member, labels) for member in members])
    best = alone[int(alone.sum(dim=1).argmin())]
    without_one = [
        percent(wrong(averaged([*members[:out], *members[out + 1 :]]), labels))
        for out in range(len(members))
    ]
    return Average(
        members=len(members),
        images=len(labels),
        error=percent(everyone),
        alone=percent(alone),
        best=percent(best),
        ahead_of_alone=ahead(everyone.float(), alone.float().mean(dim=0)),
        ahead_of_best=ahead(everyone.float(), best.float()),
        without_one=fmean(without_one),
    )


def ahead(first: Tensor, second: Tensor) -> bool:
    """Whether the first is wrong less often, by more than one standard error of the difference.

    Args:
        first, second: 1 where each is wrong on an image, 0 where not, or a mean of these; N.
    """
    gain = second - first
    return float(gain.mean()) > float(gain.std()) / math.sqrt(len(gain))


def droppable(network: Chain) -> list[str]:
    """Blocks round which x goes unchanged, so that it is all that is left when they are dropped."""
    return [
        name
        for name, block in network.blocks
        if isinstance(block, ShortcutBlock) and not chain.changes_size(block)
        if isinstance(block.downsample, torch.nn.Identity)
    ]


def _patient(subjects: Sequence[Subject]) -> Subject | None:
    """The first residual network that has blocks to drop."""
    residual = [subject for subject in subjects if subject.family in {"resnet", "preresnet"}]
    return next((one for one in residual if droppable(Chain.of(one.model()))), None)


def _draws(subject: Subject, settings: ensemble.Settings) -> list[list[tuple[str, ...]]]:
    """For 1, 2, ... dropped blocks: that many different choices, or all there are."""
    names = droppable(Chain.of(subject.model()))
    chance = random.Random(settings.seed)
    return [
        choices(names, size, settings.draws, chance)
        for size in range(1, min(settings.most_dropped, len(names)) + 1)
    ]


def choices(
    names: Sequence[str], size: int, draws: int, chance: random.Random
) -> list[tuple[str, ...]]:
    """Different subsets of this size: all of them, or as many at random."""
    if math.comb(len(names), size) <= draws:
        return list(combinations(names, size))
    found: set[tuple[int, ...]] = set()
    while len(found) < draws:
        found.add(tuple(sorted(chance.sample(range(len(names)), size))))
    return [tuple(names[place] for place in places) for places in sorted(found)]


class _Thinnings:
    """One network, with blocks dropped: what each of these makes wrong, and their average.

    Attributes:
        first: with one block dropped.
    """

    def __init__(self, subject: Subject, whole: Tensor, images: Tensor, labels: Tensor) -> None:
        self._network, self._label = Chain.of(subject.model()), subject.label
        self._images, self._labels = images, labels
        self._whole = percent(wrong(whole, labels))
        self._chance = 100 * (1 - 1 / whole.shape[1])
        self.first: Thinning | None = None

    def of(self, choice: Sequence[tuple[str, ...]]) -> Iterator[Rows]:
        """Drop each of these sets of blocks in turn, then average what was predicted."""
        thinned: list[Tensor] = []
        for blocks in choice:
            steps = lesioned(self._network, removed=blocks)
            thinned.append(probabilities(self._network, steps, self._images))
            yield Rows("dropped", [self._row(blocks, len(thinned), thinned[-1])])
        found = self._together(thinned)
        self.first = self.first or found
        row: Row = {
            "label": self._label,
            "dropped": len(choice[0]),
            "alone": found.alone,
            "average": found.average,
        }
        yield Rows("thinned", [row])

    def _together(self, thinned: Sequence[Tensor]) -> Thinning:
        alone = torch.stack([wrong(one, self._labels) for one in thinned])
        average = wrong(averaged(thinned), self._labels)
        return Thinning(
            label=self._label,
            thinned=len(thinned),
            whole=self._whole,
            alone=percent(alone),
            average=percent(average),
            chance=self._chance,
            helped=ahead(average.float(), alone.float().mean(dim=0)),
        )

    def _row(self, blocks: tuple[str, ...], draw: int, probability: Tensor) -> Row:
        return {
            "label": self._label,
            "dropped": len(blocks),
            "draw": draw,
            "blocks": ", ".join(blocks),
            "error": percent(wrong(probability, self._labels)),
        }
