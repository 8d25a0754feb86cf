"""Grad-CAM (Selvaraju et al. 2017) at any stage."""

from __future__ import annotations

from captum.attr import LayerGradCam
from torch import Tensor, nn

from resnet_core.attribution import stages
from resnet_core.attribution.explanation import Explanation, Options, enlarged


def grad_cam(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """What speaks for the class, enlarged to the picture's size."""
    layer = stages.name(model, options.stage)
    return Explanation(enlarged(at_layer(model, layer, x, target), x), False, layer=layer)


def at_layer(model: nn.Module, layer: str, x: Tensor, target: Tensor) -> Tensor:
    """ReLU of the channels' sum, each weighted by its gradient's mean over the map. B, h, w."""
    method = LayerGradCam(model, model.get_submodule(layer))
    found: Tensor = method.attribute(x, target=target, relu_attributions=True)
    return found.detach().float()[:, 0]
