"""Our recorded networks as public re-implementations of the CIFAR networks would save them."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[3]
RECORDED = ROOT / "assets" / "recorded"
State = dict[str, Tensor]


def recorded(name: str) -> State:
    """The final weights of a one-minute run: width 8, shapes at 16 x 16 pixels."""
    return safetensors.torch.load_file(RECORDED / name / "model.safetensors")


def as_public(state: State, prefix: str = "module.", classifier: str = "linear") -> State:
    """conv1, bn1, layer1.0.conv1, ..., linear, behind what DataParallel puts before them."""
    return {
        prefix + name.replace("fc.", f"{classifier}.").replace(".downsample.", ".shortcut."): t
        for name, t in state.items()
    }


def padded_on_both_sides(state: State) -> State:
    """The same function with option A's zeros on both sides instead of at the end.

    Stage 2's channels are put into another order, so that those that come from stage 1 are in
    the middle; then stage 3's, so that those from stage 2 are, in stage 2's new order.
    """
    width = state["conv1.weight"].shape[0]
    second = _order(torch.arange(width), 2 * width)
    third = _order(second, 4 * width)
    return {name: _reordered(name, t, second, third) for name, t in state.items()}


def _order(middle: Tensor, channels: int) -> Tensor:
    """Old channels in their new order: `middle`, with the new ones half on each side."""
    rest = torch.arange(len(middle), channels)
    half = len(rest) // 2
    return torch.cat([rest[:half], middle, rest[half:]])


def _reordered(name: str, tensor: Tensor, second: Tensor, third: Tensor) -> Tensor:
    if name == "fc.weight":
        return tensor[:, third]
    stage = name.partition(".")[0]
    if stage not in {"layer2", "layer3"} or tensor.ndim == 0:
        return tensor
    order = second if stage == "layer2" else third
    if tensor.ndim == 1:
        return tensor[order]
    entering = {len(second): second, len(third): third}.get(tensor.shape[1])
    tensor = tensor[order]
    return tensor if entering is None else tensor[:, entering]
