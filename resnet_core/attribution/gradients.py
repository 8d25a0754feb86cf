"""Maps from the gradient of a class's score in the picture's pixels."""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients, NoiseTunnel, Saliency
from torch import Tensor, nn

from resnet_core.attribution.explanation import Explanation, Options, at_once, difference
from resnet_core.attribution.path import walked


def saliency(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """|dS/dx|, of the three colours the largest (Simonyan et al. 2014)."""
    gradient = Saliency(model).attribute(x, target=target)
    return Explanation(gradient.detach().amax(1), signed=False)


def smooth_grad(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """The same of the gradient's mean over noisy copies of the picture (Smilkov et al. 2017)."""
    tunnel = NoiseTunnel(Saliency(model))
    with torch.random.fork_rng():
        torch.manual_seed(options.seed)
        gradient = tunnel.attribute(
            x,
            nt_type="smoothgrad",
            nt_samples=options.samples,
            nt_samples_batch_size=max(1, min(options.samples, at_once(x) // len(x))),
            stdevs=options.noise,
            target=target,
            abs=False,
        )
    return Explanation(gradient.detach().abs().amax(1), signed=False)


def integrated_gradients(
    model: nn.Module, x: Tensor, target: Tensor, options: Options
) -> Explanation:
    """x times the mean of dS/dx on the way from the baseline to x (Sundararajan et al. 2017).

    Colours are summed, so that the map's sum is the score's difference to the baseline.
    """
    method = IntegratedGradients(model)

    def walk(steps: int) -> Tensor:  # by the midpoint rule, which kinks of ReLUs disturb least
        found: Tensor = method.attribute(
            x,
            torch.zeros_like(x),
            target=target,
            n_steps=steps,
            method="riemann_middle",
            internal_batch_size=max(len(x), at_once(x)),
        )
        return found

    found, complete = walked(walk, difference(model, x, target), options)
    return Explanation(found.sum(1), True, complete)
