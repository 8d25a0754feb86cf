"""Verdicts on the steps that chains need. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from resnet_core.labs.convergence.question import Settings
from resnet_core.labs.events import Value, Verdict

FORMS = ("plain", "residual")
SHIFTED = "shifted"  # a plain chain that begins at the residual one's start

_GROWS = 1.2  # times the steps, a layer
_SHALLOW = 3  # layers from which growth is counted: below it there is hardly a product


@dataclass(frozen=True)
class Chain:
    """Steps that the chains of one form, depth and rate need, a number a seed; inf: not reached."""

    form: str
    depth: int
    rate: float
    needed: tuple[float, ...]

    @property
    def reached(self) -> int:
        """Seeds that reached the target."""
        return sum(math.isfinite(steps) for steps in self.needed)

    def quantile(self, share: float) -> float:
        """Of the steps over seeds; the lower one of two, for their mean with inf says nothing."""
        return sorted(self.needed)[round(share * (len(self.needed) - 1))]


def best(chains: Sequence[Chain], form: str) -> dict[int, Chain]:
    """By depth, the rate with the lowest median."""
    own = [chain for chain in chains if chain.form == form]
    return {
        depth: min(
            (chain for chain in own if chain.depth == depth),
            key=lambda chain: (chain.quantile(0.5), -chain.reached),
        )
        for depth in sorted({chain.depth for chain in own})
    }


def by_depth(results: Mapping[str, Mapping[int, Chain]], settings: Settings) -> Verdict:
    """Compare how the steps of both forms grow from `_SHALLOW` layers to the deepest."""
    deepest = max(results["plain"])
    values: dict[str, Value] = {"deepest": deepest, "shallow": _SHALLOW, "seeds": settings.seeds}
    growth = {}
    for form in FORMS:
        first, last = results[form][_SHALLOW], results[form][deepest]
        # Where more than half did not arrive, the steps that were allowed are a lower bound.
        deep = min(last.quantile(0.5), float(settings.steps))
        times = (max(deep, 1.0) / max(first.quantile(0.5), 1.0)) ** (1 / (deepest - _SHALLOW))
        apart = min(last.quantile(0.25), float(settings.steps)) > first.quantile(0.75)
        growth[form] = times > _GROWS and apart
        values |= {f"{form}_shallow": first.quantile(0.5), form: deep, f"{form}_times": times}
        values |= {f"{form}_reached": last.reached}
    if not all(math.isfinite(float(values[f"{form}_shallow"] or 0)) for form in FORMS):
        return Verdict("not_learned", {"shallow": _SHALLOW, "steps": settings.steps})
    grown = [form for form in FORMS if growth[form]]
    finding = {0: "neither", 1: grown[0] if grown else "", 2: "both"}[len(grown)]
    return Verdict(f"grows_{finding}", values)


def start_or_form(chains: Sequence[Chain], settings: Settings) -> Verdict:
    """Compare the residual chain with the plain one that begins at the same place, seed by seed."""
    shifted = {(c.depth, c.rate): c.needed for c in chains if c.form == SHIFTED}
    # The same chain in exact arithmetic; rounding may move a step. At a rate too large for the
    # depth both jump about, and rounding moves them anywhere: such a rate is not the best.
    same = all(
        np.allclose(chain.needed, shifted[depth, chain.rate], atol=1, rtol=0)
        for depth, chain in best(chains, "residual").items()
    )
    values: dict[str, Value] = {"decay": settings.decay}
    return Verdict("start_same" if same else "start_apart", values)
