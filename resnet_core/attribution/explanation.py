"""The result of an attribution method: a map over the picture, and how well it adds up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

MOST_STEPS = 1024
GOOD_ENOUGH = 1.0  # percent of the logit's difference that may be missed
# A smaller difference of logits is rounding, of which no share can be computed.
_LEAST_DIFFERENCE = 1e-5
_HOOK_TABLES = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)


@dataclass(frozen=True)
class Options:
    """Settings of the methods.

    Attributes:
        stage: whose output Grad-CAM and conductance look at, from 1; 0: the last.
        steps: on the path of integrated gradients and conductance, at least.
        refine: double the steps until the parts add up to 1 %, see `refine`.
        samples, noise: of SmoothGrad; the noise is a standard deviation, 1 is full brightness.
        patches: number of occlusion's squares along a side.
        seed: of SmoothGrad's noise.
    """

    stage: int = 0
    steps: int = 64
    refine: bool = True
    samples: int = 32
    noise: float = 0.15
    patches: int = 4
    seed: int = 0


@dataclass(frozen=True)
class Completeness:
    """Agreement of a map's sum with the difference it explains, for each picture.

    Attributes:
        total: B, sum of the attribution.
        difference: B, the class's logit of the picture less that of the baseline.
        steps: of the path; 1 where there is none.
    """

    total: Tensor
    difference: Tensor
    steps: int = 1

    @property
    def delta(self) -> Tensor:
        """captum's convergence delta, B: total - difference."""
        return self.total - self.difference

    @property
    def percent(self) -> Tensor:
        """|delta| in percent of |difference|, B; nan where picture and baseline do not differ."""
        differs = self.difference.abs() > _LEAST_DIFFERENCE
        share = 100 * self.delta.abs() / self.difference.abs()
        return torch.where(differs, share, torch.full_like(share, torch.nan))


@dataclass(frozen=True)
class Explanation:
    """The maps of a batch of pictures.

    Attributes:
        values: float32, B, H, W, of the pictures' size.
        signed: True where a pixel may count against the class, too.
        completeness: None where the method promises no sum.
        layer: whose units the method looked at, "" for the picture's own pixels.
    """

    values: Tensor
    signed: bool
    completeness: Completeness | None = None
    layer: str = ""


@torch.no_grad()
def difference(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Return the classes' logits less those of the baseline. B, C, H, W -> B.

    The baseline is 0: after centring, the mean of the training images.
    """
    logits, baseline = model(x), model(torch.zeros_like(x[:1]))
    return logits.gather(1, target[:, None])[:, 0] - baseline[0, target]


def pictures_per_pass(x: Tensor) -> int:
    """Return how many pictures of this size fit into memory together."""
    return max(1, 2**18 // (x.shape[-2] * x.shape[-1]))


def refine(
    attribute: Callable[[int], Tensor], whole: Tensor, options: Options
) -> tuple[Tensor, Completeness]:
    """Return the attribution along a straight path, with steps that are fine enough.

    Args:
        attribute: returns the attribution, B first, with so many steps.
        whole: B, the sum that it must reach.
        options: with `refine`, steps are doubled until it does for every picture.
    """
    steps = options.steps
    while True:
        values = attribute(steps).detach().float()
        completeness = Completeness(values.flatten(1).sum(1), whole, steps)
        worst = float(completeness.percent.nan_to_num(0).max())
        if not options.refine or worst < GOOD_ENOUGH or 2 * steps > MOST_STEPS:
            return values, completeness
        steps *= 2


@contextmanager
def restored_hooks(model: nn.Module) -> Iterator[None]:
    """Remove at the end every hook that was set on a module within the context.

    captum removes its own, but not all of them where a network fails between two.
    """
    before = [(table, set(table)) for table in _hook_tables(model)]
    try:
        yield
    finally:
        for table, keys in before:
            for key in set(table) - keys:
                del table[key]


def _hook_tables(model: nn.Module) -> Iterator[dict[int, Any]]:
    for module in model.modules():
        for name in _HOOK_TABLES:
            yield getattr(module, name)
