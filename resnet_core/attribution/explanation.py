"""What every method gives: a map over the picture, and how well it adds up."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

# A difference of scores smaller than this is rounding: nothing can be a share of it.
_LEAST_DIFFERENCE = 1e-5


@dataclass(frozen=True)
class Options:
    """What the methods can be told.

    Attributes:
        stage: whose output Grad-CAM and conductance look at, from 1; 0: the last.
        steps: on the path of integrated gradients and conductance, at least.
        refine: double the steps until the parts add up to 1 %, see `path`.
        samples, noise: of SmoothGrad; the noise is a standard deviation, 1 is full brightness.
        patches: how many of occlusion's squares fit along a side.
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
    """Whether the parts add up to the whole, for each picture.

    Attributes:
        total: B, sum of all that was attributed.
        difference: B, the class's score of the picture less that of the baseline.
        steps: with which the path was walked; 1 where there is none.
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
        """|delta| in percent of |difference|, B; nan where picture and baseline score alike."""
        known = self.difference.abs() > _LEAST_DIFFERENCE
        share = 100 * self.delta.abs() / self.difference.abs()
        return torch.where(known, share, torch.full_like(share, torch.nan))


@dataclass(frozen=True)
class Explanation:
    """The maps of a batch of pictures.

    Attributes:
        values: float32, B, H, W, of the pictures' size.
        signed: whether pixels can speak against the class, too.
        completeness: None where the method promises no sum.
        layer: whose units the method looked at, "" for the picture's own pixels.
    """

    values: Tensor
    signed: bool
    completeness: Completeness | None = None
    layer: str = ""


@torch.no_grad()
def difference(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """The classes' scores, before softmax, less those of the baseline. B, C, H, W -> B.

    The baseline is 0: after centring, the mean of the training images.
    """
    scores, baseline = model(x), model(torch.zeros_like(x[:1]))
    return scores.gather(1, target[:, None])[:, 0] - baseline[0, target]


def at_once(x: Tensor) -> int:
    """How many pictures of this size go through a network together without filling memory."""
    return max(1, 2**18 // (x.shape[-2] * x.shape[-1]))


def enlarged(values: Tensor, x: Tensor) -> Tensor:
    """A stage's map on the picture's pixels, bilinearly. B, h, w -> B, H, W."""
    size = (int(x.shape[-2]), int(x.shape[-1]))
    if values.shape[-2:] == size:
        return values
    return functional.interpolate(values[:, None], size, mode="bilinear", align_corners=False)[:, 0]
