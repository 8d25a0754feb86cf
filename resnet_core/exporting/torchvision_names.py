"""Which of our networks are torchvision's: the same tensors under the same names, computing the
same."""

from __future__ import annotations

from collections.abc import Collection

from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec


def function(spec: Spec) -> str | None:
    """The name in `torchvision.models`, or None where torchvision has no such network.

    Its residual networks have projections (option B), and in bottlenecks the stride in the 3x3
    layer; with the paper's, in the first 1x1, the tensors fit but mean something else.
    """
    if not isinstance(spec, ImageNetSpec) or spec.channels != 3 or spec.activation != "relu":
        return None
    if spec.is_reference:
        return spec.architecture.replace("-", "")
    bottleneck = spec.block == "bottleneck"
    theirs = spec.family == "resnet" and spec.shortcut == "B"
    if theirs and (not bottleneck or spec.stride_in == "3x3"):
        return spec.architecture.replace("-", "")
    return None


def call(spec: Spec, tensor_names: Collection[str]) -> str | None:
    """Python that makes torchvision's network, ready for these tensors; None where there is none.

    For example "torchvision.models.resnet18(num_classes=10)".
    """
    name = function(spec)
    if name is None:
        return None
    options = f"num_classes={spec.classes}"
    if name == "googlenet":
        auxiliary = any(tensor.startswith("aux1.") for tensor in tensor_names)
        options += f", aux_logits={auxiliary}, init_weights=False"
    return f"torchvision.models.{name}({options})"
