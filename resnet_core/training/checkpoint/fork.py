"""The weights with which a fork starts: its parent's, made to fit what was changed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from resnet_core.errors import CheckpointError
from resnet_core.experiments.network_settings import (
    NetworkSettings,
    check_fork,
    is_pre_activation,
)

_EPS = nn.BatchNorm2d(1).eps


def carry_over(
    parent: NetworkSettings, weights: Mapping[str, Tensor], child: NetworkSettings
) -> dict[str, Tensor]:
    """The parent's weights under the child's names, for `Session(initial_weights=...)`.

    Removing or adding shortcuts changes no tensor of the branches. Where BN is dropped, each
    BN becomes part of the convolution before it, so that the child is the same function as
    its parent in evaluation mode; where BN is added, it starts as the biases that it replaces.

    Raises:
        InvalidSetting: a change that leaves no weights of use.
    """
    check_fork(parent, child)
    if parent.batch_norm and not child.batch_norm:
        return _folded(weights)
    if child.batch_norm and not parent.batch_norm and not is_pre_activation(parent):
        return _shifted(weights)
    return dict(weights)


def _folded(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """gamma (w x - mean) / sqrt(v + eps) + beta = w' x + b', mean and v being running ones."""
    norms = [name.removesuffix(".running_var") for name in weights if name.endswith("running_var")]
    result = {name: t for name, t in weights.items() if name.rpartition(".")[0] not in norms}
    for bn in norms:
        convolution = _convolution_of(bn)
        deviation = torch.sqrt(weights[f"{bn}.running_var"].double() + _EPS)
        scale = weights[f"{bn}.weight"].double() / deviation  # C
        kernel = weights[f"{convolution}.weight"]  # C, C', k, k
        shift = weights[f"{bn}.bias"].double() - scale * weights[f"{bn}.running_mean"].double()
        result[f"{convolution}.weight"] = (kernel.double() * scale[:, None, None, None]).float()
        result[f"{convolution}.bias"] = shift.float()
    return result


def _shifted(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each convolution's bias as its BN's; scale 1 and running statistics 0 and 1 are new."""
    result = {}
    for name, tensor in weights.items():
        layer, _, kind = name.rpartition(".")
        before_bn = kind == "bias" and not layer.endswith((".gate", "fc"))
        result[f"{_bn_of(layer)}.bias" if before_bn else name] = tensor
    return result


def _convolution_of(bn: str) -> str:
    """layer1.0.bn2 -> layer1.0.conv2, layer2.0.downsample.1 -> layer2.0.downsample.0."""
    head, _, last = bn.rpartition(".")
    return f"{head}.0" if last == "1" else bn.replace("bn", "conv")


def _bn_of(convolution: str) -> str:
    head, _, last = convolution.rpartition(".")
    return f"{head}.1" if last == "0" else convolution.replace("conv", "bn")


@torch.no_grad()
def load_fitting(model: nn.Module, weights: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Copy the tensors whose names and shapes fit; return the names of the others.

    Raises:
        CheckpointError: none of the layers fits.
    """
    own = model.state_dict()
    fitting = {name for name in own if name in weights and weights[name].shape == own[name].shape}
    if not any(own[name].dim() > 1 for name in fitting):
        raise CheckpointError("checkpoint.nothing_fits")
    for name in fitting:
        own[name].copy_(weights[name])
    return tuple(name for name in own if name not in fitting)
