"""What to change after a run has diverged."""

from __future__ import annotations

from resnet_core.experiment import Experiment
from resnet_core.training.device import Computed

# The paper's own rates: without BN, networks of this kind train at a hundredth of it.
_RATE, _RATE_WITHOUT_BN = 0.1, 0.001


def advice(experiment: Experiment, precision: Computed, iteration: int) -> str:
    """One sentence for this run, whose loss was not finite after `iteration` updates."""
    rate = experiment.learning_rate
    usual = _RATE if experiment.batch_norm else _RATE_WITHOUT_BN
    lower = usual if rate > usual else rate / 10
    if not experiment.batch_norm and iteration == 0:
        return (
            "The activations outgrew the numbers before the first update: "
            "turn batch normalisation on, or use fewer layers."
        )
    if precision == "fp16":
        return (
            "fp16 holds no number above 65504: use bf16 or fp32, "
            f"or a learning rate of {lower:g} in place of {rate:g}."
        )
    if not experiment.batch_norm:
        return (
            f"Without batch normalisation a learning rate of {rate:g} is too high: "
            f"use {lower:g}, or turn batch normalisation on."
        )
    if rate > usual:
        return f"A learning rate of {rate:g} is too high: use {lower:g}, the paper's."
    if experiment.momentum > 0.95:
        return (
            f"A momentum of {experiment.momentum:g} makes each update about "
            f"{1 / (1 - experiment.momentum):.0f} times as long: use 0.9, the paper's."
        )
    return f"A learning rate of {rate:g} is too high for this network: use {lower:g}."
