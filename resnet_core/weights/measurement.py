"""One look into a network that was trained elsewhere: what Compare draws of it by layer."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from resnet_core.errors import CheckpointError
from resnet_core.telemetry.events import Measurement
from resnet_core.telemetry.probes import Probes
from resnet_core.training.device import Execution
from resnet_core.training.step.backpropagation import Backpropagation

_CPU = torch.device("cpu")
MOST_IMAGES, _MOST_PIXELS = 128, 2**19  # of the mini-batch; 128 is the paper's (section 4.2)


def batch_size(image_size: int) -> int:
    """The paper's, or as many large images as a small machine's memory has room for."""
    return max(2, min(MOST_IMAGES, _MOST_PIXELS // image_size**2))


def look(model: nn.Module, images: Tensor, labels: Tensor) -> Measurement:
    """Responses and gradients in training mode on one mini-batch, as at a run's iteration 0.

    No update is made; BN's statistics move, so the model is not to be used afterwards.

    Args:
        images: float32, B, C, H, W, prepared for the network, without augmentation.
        labels: int64, B.

    Raises:
        CheckpointError: the network's answers are not finite numbers.
    """
    backpropagation = Backpropagation(model, Probes(model.train()), Execution(_CPU, "fp32"))
    with torch.random.fork_rng():
        torch.manual_seed(0)  # VGG and GoogLeNet drop units
        passed = backpropagation(images, labels, record=True).fetch()
    if not math.isfinite(passed.loss):
        raise CheckpointError("weights.answers_not_finite")
    readings = passed.readings
    assert readings is not None
    return Measurement(
        iteration=0,
        epoch=0.0,
        seconds=0.0,
        loss=passed.loss,
        running_error=None,  # evaluated on its test images only; there is no training to follow
        train_error=None,
        test_error=None,
        learning_rate=0.0,
        images_per_second=0.0,
        response_std=readings.response_std,
        gradient_norm=readings.gradient_norm,
        branch_ratio=readings.branch_ratio,
        audit_error=None,
    )
