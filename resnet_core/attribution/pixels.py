"""Methods on the picture's pixels: saliency, SmoothGrad, integrated gradients, occlusion."""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients, NoiseTunnel, Occlusion, Saliency
from torch import Tensor, nn

from resnet_core.attribution.explanation import (
    Explanation,
    Options,
    difference,
    pictures_per_pass,
    refine,
)


def saliency(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """|dS/dx|, the largest of the three colours (Simonyan et al. 2014)."""
    gradient = Saliency(model).attribute(x, target=target)
    return Explanation(gradient.detach().amax(1), signed=False)


def smooth_grad(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """Saliency of the gradient's mean over noisy copies of the picture (Smilkov et al. 2017)."""
    tunnel = NoiseTunnel(Saliency(model))
    with torch.random.fork_rng():
        torch.manual_seed(options.seed)
        gradient = tunnel.attribute(
            x,
            nt_type="smoothgrad",
            nt_samples=options.samples,
            nt_samples_batch_size=max(1, min(options.samples, pictures_per_pass(x) // len(x))),
            stdevs=options.noise,
            target=target,
            abs=False,
        )
    return Explanation(gradient.detach().abs().amax(1), signed=False)


def integrated_gradients(
    model: nn.Module, x: Tensor, target: Tensor, options: Options
) -> Explanation:
    """x times the mean of dS/dx from the baseline to x (Sundararajan et al. 2017).

    Colours are summed, so that the map's sum is the logit's difference to the baseline.
    """
    method = IntegratedGradients(model)

    def attribute(steps: int) -> Tensor:  # by the midpoint rule: kinks of ReLUs disturb it least
        return method.attribute(
            x,
            torch.zeros_like(x),
            target=target,
            n_steps=steps,
            method="riemann_middle",
            internal_batch_size=max(len(x), pictures_per_pass(x)),
        )

    values, completeness = refine(attribute, difference(model, x, target), options)
    return Explanation(values.sum(1), True, completeness)


def occlusion(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """The fall of the logit where a square takes the baseline's colour (Zeiler & Fergus 2014).

    A square is a `patches`-th of the side and moves by half of itself; a pixel has the mean
    over the squares that cover it.
    """
    side = max(1, min(x.shape[-2:]) // options.patches)
    step = max(1, side // 2)
    with torch.no_grad():
        values = Occlusion(model).attribute(
            x,
            sliding_window_shapes=(x.shape[1], side, side),
            strides=(x.shape[1], step, step),
            baselines=0,
            target=target,
            perturbations_per_eval=max(1, pictures_per_pass(x) // len(x)),
        )
    # All colours of a pixel are covered together and have the same value.
    return Explanation(values[:, 0].float(), True)
