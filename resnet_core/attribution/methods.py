"""Attribution methods: on a picture's pixels, on the units of a stage, and by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from captum.attr import (
    IntegratedGradients,
    LayerConductance,
    LayerGradCam,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.attribution.deep_lift import deep_lift
from resnet_core.attribution.explanation import (
    Completeness,
    Explanation,
    Options,
    difference,
    pictures_per_pass,
    refine,
    restored_hooks,
)
from resnet_core.errors import InvalidSetting


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
    # The midpoint rule: kinks of ReLUs disturb it least.
    values, completeness = _along_path(
        IntegratedGradients(model), "riemann_middle", model, x, target, options
    )
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
    # Both ends are included, so that no unit's change is missed.
    values, completeness = _along_path(method, "riemann_trapezoid", model, x, target, options)
    return Explanation(_enlarge(values.sum(1), x), True, completeness, layer)


def _along_path(
    method: IntegratedGradients | LayerConductance,
    rule: str,
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    options: Options,
) -> tuple[Tensor, Completeness]:
    """Return the attribution along the straight path from the baseline to x."""

    def attribute(steps: int) -> Tensor:
        return method.attribute(
            x,
            torch.zeros_like(x),
            target=target,
            n_steps=steps,
            method=rule,
            internal_batch_size=max(len(x), pictures_per_pass(x)),
        )

    return refine(attribute, difference(model, x, target), options)


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


Method = Callable[[nn.Module, Tensor, Tensor, Options], Explanation]
METHODS: dict[str, Method] = {
    "integrated_gradients": integrated_gradients,
    "saliency": saliency,
    "smooth_grad": smooth_grad,
    "grad_cam": grad_cam,
    "occlusion": occlusion,
    "deep_lift": deep_lift,
    "conductance": conductance,
}


def explain(
    name: str, model: nn.Module, x: Tensor, target: Tensor, options: Options | None = None
) -> Explanation:
    """Return the maps of one method for a class.

    Args:
        model: in evaluation mode; no hook remains on it, also after an error.
        x: B, C, H, W, float32, centred.
        target: int64, B, the class of each picture whose logit is explained.

    Raises:
        NotPossible: the method does not apply to this network.
        InvalidSetting: the network has no such stage.
    """
    x = x.detach().clone().requires_grad_()
    with restored_hooks(model):
        return METHODS[name](model, x, target, options or Options())
