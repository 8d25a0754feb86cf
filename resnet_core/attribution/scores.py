"""How well a map agrees with the truth about where the shape is.

That a map agrees does not show that it is faithful to the network: the network itself may
look elsewhere. A map of pure chance scores the mask's share of the picture in both.
"""

from __future__ import annotations

import torch
from torch import Tensor


def share_inside(values: Tensor, masks: Tensor) -> Tensor:
    """The share of all attribution, for or against, that lies inside. B, H, W twice -> B.

    nan where nothing is attributed.
    """
    sizes = values.abs().flatten(1)
    return (sizes * masks.flatten(1)).sum(1) / sizes.sum(1)


def points_inside(values: Tensor, masks: Tensor) -> Tensor:
    """The pointing game (Zhang et al. 2018): whether the largest value lies inside. Bool, B.

    Strictly: to be near is not enough. A map without a positive value points nowhere.
    """
    flat = values.flatten(1)
    top, place = flat.max(1)
    return masks.flatten(1).gather(1, place[:, None])[:, 0] & (top > 0)


def area(masks: Tensor) -> Tensor:
    """The masks' share of the picture, which chance alone would score. B, H, W -> B."""
    return masks.flatten(1).to(torch.float32).mean(1)
