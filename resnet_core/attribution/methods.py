"""Attribution methods by name."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from resnet_core.attribution.deep_lift import deep_lift
from resnet_core.attribution.explanation import Explanation, Options, restored_hooks
from resnet_core.attribution.layers import conductance, grad_cam
from resnet_core.attribution.pixels import (
    integrated_gradients,
    occlusion,
    saliency,
    smooth_grad,
)

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
