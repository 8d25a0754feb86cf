"""Ensembles: averaged predictions of trained runs, and one network with blocks dropped.

Veit et al. (2016) read a residual network as an ensemble of its paths: then it should lose as
little with a block as an ensemble with a member. Both are measured here, on the same images.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator, Iterator, Sequence
from itertools import combinations
from statistics import fmean

import torch
from torch import Tensor

from resnet_core.labs.ensemble.question import Settings
from resnet_core.labs.ensemble.verdicts import Average, Thinning, verdicts
from resnet_core.labs.events import Event, Progress, Row, Rows, attributes, finite
from resnet_core.labs.lesion.run import lesioned
from resnet_core.labs.tools.chain import Chain, Step, changes_size, subsets
from resnet_core.labs.tools.intervals import side, spread
from resnet_core.labs.tools.short_runs import guessing_error
from resnet_core.labs.tools.trained_network import TrainedNetwork, check_same_data, standard_error
from resnet_core.networks.blocks import ShortcutBlock


def probabilities(network: Chain, blocks: Sequence[Step], images: Tensor) -> Tensor:
    """p(class | image): the softmax of the logits. N, C, H, W -> N, classes."""
    return network.logits(images, blocks).softmax(dim=1)


def averaged(members: Sequence[Tensor]) -> Tensor:
    """The ensemble's probabilities: the mean of its members'. each N, classes -> N, classes."""
    return torch.stack(list(members)).mean(dim=0)


def wrong(probability: Tensor, labels: Tensor) -> Tensor:
    """Mistakes: the likeliest class is not the image's. N, classes -> bool, N."""
    return probability.argmax(dim=1) != labels


def error(members: Sequence[Tensor], labels: Tensor) -> float:
    """Error of the members' average, percent."""
    return percent(wrong(averaged(members), labels))


def both_wrong(first: Tensor, second: Tensor) -> tuple[float, float]:
    """Percent of images on which both are wrong, measured and if mistakes were independent.

    Args:
        first, second: mistakes of each, bool, N.
    """
    return percent(first & second), percent(first) * percent(second) / 100


def percent(mistakes: Tensor) -> float:
    """Percent of true values in a bool tensor."""
    return 100 * int(mistakes.sum()) / mistakes.numel()


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Average the runs one by one, compare them pair by pair, then drop blocks from one.

    Raises:
        InvalidSetting: two networks were trained on different images.
    """
    check_same_data(networks)
    images, labels = networks[0].test_images(settings.images)
    residual = _residual(networks)
    draws = _draws(residual, settings) if residual else []
    progress = Progress.each(len(networks) + sum(map(len, draws)))
    members: list[Tensor] = []
    for network in networks:
        chain, (x, _) = Chain.of(network.model()), network.test_images(settings.images)
        members.append(probabilities(chain, lesioned(chain), x))
        alone = [error([member], labels) for member in members]
        yield Rows.one("members", network.columns, error=alone[-1])
        together = error(members, labels)
        yield Rows.one("joined", members=len(members), error=together, alone=fmean(alone))
        yield next(progress)
    yield Rows("subsets", _subsets(members, labels))
    pairs = _pairs(networks, members, labels)
    yield Rows("pairs", pairs)
    thinning = None
    if residual:
        whole = members[networks.index(residual)]
        thinning = yield from _thin(residual, whole, images, labels, draws, progress)
    yield from verdicts(_average(members, labels), pairs, thinning)


def _subsets(members: Sequence[Tensor], labels: Tensor) -> list[Row]:
    """All subsets of k runs, independent of the order of the runs."""
    rows: list[Row] = []
    for size in range(1, len(members) + 1):
        errors = [error(subset, labels) for subset in combinations(members, size)]
        spread = {"mean": fmean(errors), "low": min(errors), "high": max(errors)}
        rows.append({"members": size, **spread})
    return rows


def _pairs(
    networks: Sequence[TrainedNetwork], members: Sequence[Tensor], labels: Tensor
) -> list[Row]:
    rows: list[Row] = []
    for (first, one), (second, other) in combinations(zip(networks, members, strict=True), 2):
        together, independent = both_wrong(wrong(one, labels), wrong(other, labels))
        row: Row = {"first": first.label, "second": second.label, "both_wrong": together}
        disagreement = percent(one.argmax(dim=1) != other.argmax(dim=1))
        rows.append({**row, "independent": independent, "disagreement": disagreement})
    return rows


def _average(members: Sequence[Tensor], labels: Tensor) -> Average:
    together = wrong(averaged(members), labels).float()
    alone = torch.stack([wrong(member, labels) for member in members])
    best = alone[int(alone.sum(dim=1).argmin())]
    rests = [[*members[:out], *members[out + 1 :]] for out in range(len(members))]
    without = torch.stack([wrong(averaged(rest), labels).float() for rest in rests])
    return Average(
        members=len(members),
        images=len(labels),
        error=error(members, labels),
        alone=percent(alone),
        best=percent(best),
        ahead_of_alone=ahead(together, alone.float().mean(dim=0), alone.float().mean(dim=1)),
        ahead_of_best=ahead(together, best.float()),
        without_one=100 * float(without.mean()),
        member_error=loss_error(without, together),
    )


def ahead(first: Tensor, second: Tensor, members: Tensor | None = None) -> bool:
    """Test if the first is wrong less often, by more than two standard errors of the difference.

    Args:
        first, second: 1 where each is wrong on an image, 0 where not, or a mean of these; N.
        members: the errors of networks of which the second is the mean, whose seeds differ.
    """
    gain = second - first
    over_members = [] if members is None else members.tolist()
    error = math.hypot(finite(standard_error(gain)) or 0.0, spread(over_members))
    return side(float(gain.mean()), error) > 0


def loss_error(changed: Tensor, whole: Tensor) -> float:
    """Standard error, over networks and images, of the rise of their mean error, points.

    Args:
        changed: 1 where each of several networks is wrong on an image, else 0; networks, N.
        whole: likewise, of the one that they are compared with; N.
    """
    rise = changed - whole
    over_images = finite(standard_error(rise.mean(dim=0))) or 0.0
    return 100 * math.hypot(over_images, spread(rise.mean(dim=1).tolist()))


def droppable(network: Chain) -> list[str]:
    """Blocks whose shortcut is the identity, so that x alone is left when they are dropped."""
    return [
        name
        for name, block in network.blocks
        if isinstance(block, ShortcutBlock) and not changes_size(block)
        if isinstance(block.downsample, torch.nn.Identity)
    ]


def _residual(networks: Sequence[TrainedNetwork]) -> TrainedNetwork | None:
    """The first residual network that has blocks to drop."""
    residual = [network for network in networks if network.family in {"resnet", "preresnet"}]
    return next((one for one in residual if droppable(Chain.of(one.model()))), None)


def _draws(network: TrainedNetwork, settings: Settings) -> list[list[tuple[str, ...]]]:
    """For 1, 2, ... dropped blocks: that many different choices, or all there are."""
    names = droppable(Chain.of(network.model()))
    chance = random.Random(settings.seed)
    sizes = range(1, min(settings.most_dropped, len(names)) + 1)
    return [choices(names, size, settings.draws, chance) for size in sizes]


def choices(
    names: Sequence[str], size: int, draws: int, chance: random.Random
) -> list[tuple[str, ...]]:
    """Different subsets of this size: all of them, or as many at random."""
    places = subsets(len(names), size, draws, lambda: chance.sample(range(len(names)), size))
    return [tuple(names[place] for place in subset) for subset in places]


def _thin(
    network: TrainedNetwork,
    whole: Tensor,
    images: Tensor,
    labels: Tensor,
    draws: Sequence[Sequence[tuple[str, ...]]],
    progress: Iterator[Progress],
) -> Generator[Event, None, Thinning]:
    """Drop sets of blocks in turn and average the predictions; return the effect of one block.

    Args:
        whole: the network's own predictions.
        draws: for one block, two blocks, ...: the sets to drop.
    """
    chain, thinnings = Chain.of(network.model()), []
    for sets in draws:
        thinned: list[Tensor] = []
        columns: Row = {"label": network.label, "dropped": len(sets[0])}
        for blocks in sets:
            steps = lesioned(chain, removed=blocks)
            thinned.append(probabilities(chain, steps, images))
            row = {**columns, "draw": len(thinned), "blocks": ", ".join(blocks)}
            yield Rows.one("dropped", row, error=error(thinned[-1:], labels))
            yield next(progress)
        alone = torch.stack([wrong(one, labels) for one in thinned])
        average = wrong(averaged(thinned), labels)
        thinning = Thinning(
            label=network.label,
            thinned=len(thinned),
            whole=error([whole], labels),
            alone=percent(alone),
            average=percent(average),
            chance=guessing_error(whole.shape[1]),
            helped=ahead(average.float(), alone.float().mean(dim=0)),
            block_error=loss_error(alone.float(), wrong(whole, labels).float()),
        )
        thinnings.append(thinning)
        yield Rows.one("thinned", columns, attributes(thinning, "alone", "average"))
    return thinnings[0]
