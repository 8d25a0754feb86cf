"""Layer conductance (Dhamdhere et al. 2019): integrated gradients through the units of a stage."""

from __future__ import annotations

import torch
from captum.attr import LayerConductance
from torch import Tensor, nn

from resnet_core.attribution import stages
from resnet_core.attribution.explanation import (
    Explanation,
    Options,
    at_once,
    difference,
    enlarged,
)
from resnet_core.attribution.path import walked


def conductance(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """How much of the score's difference to the baseline flows through each place of a stage.

    Channels are summed; the map is enlarged to the picture's size.
    """
    layer = stages.name(model, options.stage)
    method = LayerConductance(model, model.get_submodule(layer))

    def walk(steps: int) -> Tensor:  # from end to end: the units' changes then lack none
        found: Tensor = method.attribute(
            x,
            torch.zeros_like(x),
            target=target,
            n_steps=steps,
            method="riemann_trapezoid",
            internal_batch_size=max(len(x), at_once(x)),
        )
        return found

    found, complete = walked(walk, difference(model, x, target), options)
    return Explanation(enlarged(found.sum(1), x), True, complete, layer)
