"""The networks that a trained one is held against: as it began, with BN and without.

How an imported network began is not in its file; in its place stands the paper's initialisation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.catalog import build


def initial(subject: Subject, images: Tensor, *, batch_norm: bool | None = None) -> nn.Module:
    """The network with the weights with which its training began, in evaluation mode.

    Its BN normalises by the statistics of these images: before any update the running ones
    are 0 and 1, with which BN would do nothing at all.

    Args:
        images: B, C, H, W.
        batch_norm: with BN or without; None: as it was trained. Without, convolutions have
            the same weights and a bias of 0.
    """
    data, experiment = subject.dataset, subject.experiment
    if batch_norm is not None:
        experiment = experiment.changed(batch_norm=batch_norm)
    spec = experiment.spec_for(data)
    return normalising(build(spec, experiment.seed).to(subject.device), images)


@torch.no_grad()
def normalising(model: nn.Module, images: Tensor) -> nn.Module:
    """The network itself, its BN's running statistics now those of these images; evaluates."""
    layers = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    before = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 1.0
    try:
        model.train()(images)
    finally:
        for layer, momentum in zip(layers, before, strict=True):
            layer.momentum = momentum
    return model.eval()
