"""DeepLIFT with the rescale rule (Shrikumar et al. 2017), where the network allows it."""

from __future__ import annotations

import warnings

import torch
from captum.attr import DeepLift
from torch import Tensor, fx, nn

from resnet_core.attribution import hooks
from resnet_core.attribution.explanation import Completeness, Explanation, Options, difference
from resnet_core.attribution.unrolled import multiplies, unrolled

_MOST_MISSED = 5.0  # percent of the score's difference; where the rule holds it is rounding


class NotPossible(Exception):
    """A method that says nothing about this network.

    Attributes:
        reason: "product" where the network multiplies two things that depend on the picture,
            for which the rescale rule has no answer; "trace" where it cannot be unrolled;
            "incomplete" where the parts do not add up, so the rule has missed something.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def deep_lift(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """Each nonlinearity's share of its change from the baseline; colours are summed.

    Raises:
        NotPossible: the network multiplies, as highway gates do, or cannot be unrolled,
            or its parts do not add up.
    """
    try:
        copied = unrolled(model)
    except fx.proxy.TraceError as error:
        raise NotPossible("trace") from error
    if multiplies(copied):
        raise NotPossible("product")
    with hooks.none_left(copied), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Setting forward, backward hooks")
        found = DeepLift(copied).attribute(x, torch.zeros_like(x), target=target)
    found = found.detach().float()
    complete = Completeness(found.flatten(1).sum(1), difference(model, x, target))
    if complete.percent.nan_to_num(0).max() > _MOST_MISSED:
        raise NotPossible("incomplete")
    return Explanation(found.sum(1), True, complete)
