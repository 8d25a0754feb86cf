"""Response std of every 3x3 layer of a trained network in both of BN's modes, as numbers (Fig. 7).

The response is a layer's output after BN and before the nonlinearity or the addition. Training
mode normalises by each mini-batch's own mean and variance, evaluation mode by the running
statistics. The paper does not say which of them its figure shows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from resnet_core.networks.catalog import ResponseSite, response_sites
from resnet_core.system import disk


@dataclass(frozen=True)
class LayerResponse:
    """One 3x3 layer's response std, over all elements of all images.

    Attributes:
        layer: its name in the state dict.
        training, evaluation: the std in each mode.
    """

    layer: str
    training: float
    evaluation: float


@torch.no_grad()
def response_table(model: nn.Module, batches: Sequence[Tensor]) -> tuple[LayerResponse, ...]:
    """Measure every 3x3 layer of the model, first to last. The model comes back as it was.

    Args:
        batches: float32 B, C, H, W each, as the network takes them; each is a mini-batch to BN.
    """
    sites = response_sites(model)
    mode, statistics = model.training, _without_updates(model)
    try:
        training = _stds(model.train(), sites, batches)
        evaluation = _stds(model.eval(), sites, batches)
    finally:
        model.train(mode)
        statistics.close()
    return tuple(
        LayerResponse(site.layer_name, *both)
        for site, *both in zip(sites, training, evaluation, strict=True)
    )


def write(path: Path, responses: Iterable[LayerResponse], images: int) -> None:
    """Write a CSV: the layer, both standard deviations, and the number of images."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("layer", "training_std", "evaluation_std", "images"))
    for one in responses:
        writer.writerow((one.layer, f"{one.training:.6g}", f"{one.evaluation:.6g}", images))
    disk.write_whole(path, text.getvalue())


def _without_updates(model: nn.Module) -> ExitStack:
    """Leave BN's running statistics as they are until the result is closed."""
    undo = ExitStack()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            undo.callback(setattr, layer, "momentum", layer.momentum)
            undo.callback(setattr, layer, "num_batches_tracked", layer.num_batches_tracked)
            layer.momentum, layer.num_batches_tracked = 0.0, None
    return undo


def _stds(
    model: nn.Module, sites: Sequence[ResponseSite], batches: Sequence[Tensor]
) -> list[float]:
    """Return the std over all elements of all batches together, in float64, one a layer."""
    sums = torch.zeros(len(sites), 3, dtype=torch.float64)  # elements, sum, sum of squares
    with ExitStack() as hooks:
        for index, site in enumerate(sites):

            def add(_: nn.Module, __: Any, response: Tensor, index: int = index) -> None:
                values = response.detach().cpu().double()
                sums[index, 0] += values.numel()
                sums[index, 1] += values.sum()
                sums[index, 2] += values.square().sum()

            module = site.conv if site.bn is None else site.bn
            hooks.callback(module.register_forward_hook(add).remove)
        for batch in batches:
            model(batch)
    count, total, squares = sums.unbind(1)
    return (squares / count - (total / count) ** 2).clamp(min=0).sqrt().tolist()
