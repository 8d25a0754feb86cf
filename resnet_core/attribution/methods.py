"""The methods by name."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from resnet_core.attribution import hooks
from resnet_core.attribution.conductance import conductance
from resnet_core.attribution.deep_lift import NotPossible, deep_lift
from resnet_core.attribution.explanation import Explanation, Options
from resnet_core.attribution.grad_cam import grad_cam
from resnet_core.attribution.gradients import integrated_gradients, saliency, smooth_grad
from resnet_core.attribution.occlusion import occlusion

__all__ = ["METHODS", "NotPossible", "explain"]

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
    """The maps of what speaks for a class, by one method.

    Args:
        model: in evaluation mode; it is left as it was, also after an error.
        x: B, C, H, W, float32, centred.
        target: int64, B, the class of each picture whose score, before softmax, is explained.

    Raises:
        NotPossible: the method says nothing about this network.
        InvalidSetting: the network has no such stage.
    """
    with hooks.none_left(model):
        return METHODS[name](
            model, x.detach().clone().requires_grad_(), target, options or Options()
        )
