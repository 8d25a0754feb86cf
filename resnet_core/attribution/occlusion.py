"""Occlusion (Zeiler & Fergus 2014): what is lost when a square is covered."""

from __future__ import annotations

import torch
from captum.attr import Occlusion
from torch import Tensor, nn

from resnet_core.attribution.explanation import Explanation, Options, at_once


def occlusion(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """By how much the score falls where a square takes the baseline's colour.

    A square is a `patches`-th of the side and moves by half of itself; a pixel has the mean
    over the squares that cover it.
    """
    side = max(1, min(x.shape[-2:]) // options.patches)
    step = max(1, side // 2)
    with torch.no_grad():
        found = Occlusion(model).attribute(
            x,
            sliding_window_shapes=(x.shape[1], side, side),
            strides=(x.shape[1], step, step),
            baselines=0,
            target=target,
            perturbations_per_eval=max(1, at_once(x) // len(x)),
        )
    # All colours of a pixel are covered together and have the same value.
    return Explanation(found[:, 0].float(), True)
