"""Verdicts on the growth of signals from the last layer to the first. Arithmetic only.

A ratio is the norm of dLoss/dy at the first 3x3 layer over that at the last.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_core.labs.events import Value, Verdict
from resnet_core.labs.exploding.question import Settings
from resnet_core.labs.tools.intervals import Interval

Kind = Literal["plain", "residual", "leaky", "dirac", "plain_no_bn", "residual_no_bn"]

DECADES = 1.0  # of a ratio: ten times more or less is neither growth nor loss
_NEAR = 0.05  # of the growth a layer: measured and predicted agree
_SAME = 0.9  # cosine of two pictures' responses from which they are alike


@dataclass(frozen=True)
class Network:
    """One initialised network.

    Attributes:
        layers: 3x3 layers.
        ratio: of signals, first layer over last.
        alike: mean cosine of two pictures' responses at the last layer.
    """

    kind: Kind
    depth: int
    seed: int
    layers: int
    ratio: float
    alike: float

    @property
    def decades(self) -> float:
        """log10 of the ratio; infinite or no number where a signal was 0 or overflowed."""
        if self.ratio == 0:
            return -math.inf
        return math.log10(self.ratio) if math.isfinite(self.ratio) else self.ratio

    @property
    def a_layer(self) -> float:
        """Growth of the signal by one layer, towards the input."""
        return float(10 ** (self.decades / (self.layers - 1)))


def predicted(slope: float) -> float:
    """Growth of the signal a layer, sqrt(E f'^2 / Var f), with BN, in wide networks.

    BN divides by the deviation of what comes out of f(z), z normal, and f' multiplies the
    gradient. For ReLU (slope 0) that is sqrt(pi / (pi - 1)) = 1.21 (Yang et al. 2019).
    """
    second_moment = (1 + slope**2) / 2  # of f(z) and of f'(z) alike
    mean = (1 - slope) / math.sqrt(2 * math.pi)
    return math.sqrt(second_moment / (second_moment - mean**2))


def verdicts(networks: Sequence[Network], settings: Settings) -> Iterator[Verdict]:
    """Say whether plain signals explode, what changes that, and what is lost without BN."""
    groups: dict[tuple[Kind, int], list[Network]] = {}
    for network in networks:
        groups.setdefault((network.kind, network.depth), []).append(network)
    depths = sorted({depth for _, depth in groups})
    deepest: dict[Kind, list[Network]] = {
        kind: group for (kind, depth), group in groups.items() if depth == depths[-1]
    }
    overflow = [kind for kind, group in deepest.items() if not _finite(group)]
    yield plain(deepest["plain"], groups["plain", depths[-2]])
    if _finite(deepest["plain"]):
        yield prediction(deepest["plain"])
        for kind in ("residual", "leaky", "dirac"):
            if _finite(deepest[kind]):
                yield compared(kind, deepest[kind], deepest["plain"], settings)
    if "plain_no_bn" not in overflow:
        yield without_bn(deepest["plain_no_bn"], deepest["plain"])
    for kind in overflow:
        yield Verdict(f"overflow_{kind}", {"depth": depths[-1]})


def plain(deep: Sequence[Network], shallower: Sequence[Network]) -> Verdict:
    """Decide whether the signal grows, shrinks or keeps its size in the deepest plain networks."""
    values: dict[str, Value] = {"depth": deep[0].depth, "seeds": len(deep)}
    if not _finite([*deep, *shallower]):
        return Verdict("no_number", values)
    values |= {"ratio": _typical(deep), "a_layer": _a_layer(deep).middle}
    values |= {"shallower": shallower[0].depth, "shallower_ratio": _typical(shallower)}
    interval = Interval.of([network.decades for network in deep])
    return Verdict(_side(interval, "explodes", "vanishes", "steady", "undecided"), values)


def prediction(deep: Sequence[Network]) -> Verdict:
    """Compare the growth a layer with that of theory for BN and ReLU."""
    interval, theory = _a_layer(deep), predicted(0.0)
    values: dict[str, Value] = {"a_layer": interval.middle, "predicted": theory}
    distance = Interval(*(end - theory for end in (interval.middle, interval.low, interval.high)))
    if distance.within(_NEAR):
        return Verdict("predicted", values)
    far = distance.above(_NEAR) or distance.below(-_NEAR)
    return Verdict("not_predicted" if far else "prediction_open", values)


def compared(
    kind: str, networks: Sequence[Network], against: Sequence[Network], settings: Settings
) -> Verdict:
    """Compare a kind's ratio with the plain one's, seed by seed."""
    values: dict[str, Value] = {"depth": networks[0].depth, "ratio": _typical(networks)}
    values |= {"plain": _typical(against), "a_layer": _a_layer(networks).middle}
    values |= {"slope": settings.slope, "predicted": predicted(settings.slope)}
    pairs = zip(networks, against, strict=True)
    interval = Interval.of([one.decades - other.decades for one, other in pairs])
    return Verdict(f"{kind}_{_side(interval, 'more', 'less', 'same', 'undecided')}", values)


def without_bn(networks: Sequence[Network], with_bn: Sequence[Network]) -> Verdict:
    """Say what the plain networks lose without BN: the difference between two pictures."""
    cosine = Interval.of([network.alike for network in networks])
    values: dict[str, Value] = {"depth": networks[0].depth, "ratio": _typical(networks)}
    values |= {"alike": cosine.middle, "with_bn": Interval.of([n.alike for n in with_bn]).middle}
    if cosine.above(_SAME):
        return Verdict("no_bn_alike", values)
    return Verdict("no_bn_apart" if cosine.below(_SAME) else "no_bn_undecided", values)


def _side(interval: Interval, more: str, less: str, same: str, undecided: str) -> str:
    if interval.above(DECADES):
        return more
    if interval.below(-DECADES):
        return less
    return same if interval.within(DECADES) else undecided


def _finite(networks: Sequence[Network]) -> bool:
    return all(math.isfinite(network.decades) for network in networks)


def _typical(networks: Sequence[Network]) -> str:
    """The geometric mean of the ratios with two digits: 63,000,000 or 0.00076."""
    ratio = 10 ** Interval.of([network.decades for network in networks]).middle
    return f"{float(f'{ratio:.2g}'):,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _a_layer(networks: Sequence[Network]) -> Interval:
    return Interval.of([network.a_layer for network in networks])
