"""Methods on the units of a stage: Grad-CAM and layer conductance."""

from __future__ import annotations

import torch
from captum.attr import LayerConductance, LayerGradCam
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.attribution.explanation import (
    Explanation,
    Options,
    difference,
    pictures_per_pass,
    refine,
)
from resnet_core.errors import InvalidSetting

# torchvision's GoogLeNet: the inputs of each pooling, and the last module.
_GOOGLENET = ("conv3", "inception3b", "inception4e", "inception5b")


def grad_cam(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """Grad-CAM (Selvaraju et al. 2017), enlarged to the picture's size."""
    layer = stage_layer(model, options.stage)
    return Explanation(_enlarge(at_layer(model, layer, x, target), x), False, layer=layer)


def at_layer(model: nn.Module, layer: str, x: Tensor, target: Tensor) -> Tensor:
    """ReLU of the channels' sum, each weighted by its gradient's mean over the map. B, h, w."""
    method = LayerGradCam(model, model.get_submodule(layer))
    values: Tensor = method.attribute(x, target=target, relu_attributions=True)
    return values.detach().float()[:, 0]


def conductance(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """Integrated gradients through the units of a stage (Dhamdhere et al. 2019).

    Channels are summed; the map is enlarged to the picture's size.
    """
    layer = stage_layer(model, options.stage)
    method = LayerConductance(model, model.get_submodule(layer))

    def attribute(steps: int) -> Tensor:  # both ends included, so that no unit's change is missed
        return method.attribute(
            x,
            torch.zeros_like(x),
            target=target,
            n_steps=steps,
            method="riemann_trapezoid",
            internal_batch_size=max(len(x), pictures_per_pass(x)),
        )

    values, completeness = refine(attribute, difference(model, x, target), options)
    return Explanation(_enlarge(values.sum(1), x), True, completeness, layer)


def stage_layers(model: nn.Module) -> list[str]:
    """Return the modules whose outputs end the stages, first to last: layer1, layer2, ..."""
    children = dict(model.named_children())
    stages = [name for name in children if name.startswith("layer") and name[5:].isdecimal()]
    if stages:
        return stages
    if "features" in children:  # VGG: each ends with a pooling
        pools = children["features"].named_children()
        return [f"features.{name}" for name, layer in pools if isinstance(layer, nn.MaxPool2d)]
    return [name for name in _GOOGLENET if name in children]


def stage_layer(model: nn.Module, stage: int) -> str:
    """Return the module that ends a stage.

    Args:
        stage: from 1; 0: the last.

    Raises:
        InvalidSetting: the network has fewer stages.
    """
    layers = stage_layers(model)
    if not 0 <= stage <= len(layers):
        raise InvalidSetting("stage", "setting.stage", count=len(layers))
    return layers[stage - 1]


def _enlarge(values: Tensor, x: Tensor) -> Tensor:
    """Interpolate a stage's map to the picture's pixels, bilinearly. B, h, w -> B, H, W."""
    size = (int(x.shape[-2]), int(x.shape[-1]))
    if values.shape[-2:] == size:
        return values
    return functional.interpolate(values[:, None], size, mode="bilinear", align_corners=False)[:, 0]
