"""What to change after a run has diverged."""

from __future__ import annotations

from resnet_core.experiments.experiment import Experiment
from resnet_core.training.device import Computed

_PAPERS_RATE, _PAPERS_MOMENTUM = 0.1, 0.9


def advice(experiment: Experiment, precision: Computed) -> str:
    """One sentence on what most likely made this run's loss not finite, and what to do."""
    rate = experiment.learning_rate
    lower = min(rate / 10, _PAPERS_RATE)
    if precision == "fp16":
        return (
            "fp16 holds no number above 65504: use bf16 or fp32, "
            f"or a learning_rate of {lower:g} in place of {rate:g}."
        )
    if not experiment.network_spec().batch_norm:
        return _without_bn(experiment, lower)
    if rate > _PAPERS_RATE:
        return f"A learning_rate of {rate:g} is too high: use {_PAPERS_RATE:g}, the paper's."
    if experiment.momentum > _PAPERS_MOMENTUM:
        return (
            f"A momentum of {experiment.momentum:g} makes steps about "
            f"{1 / (1 - experiment.momentum):.0f} times the gradient's: use 0.9, the paper's."
        )
    return f"A learning_rate of {rate:g} is too high for this network: use {lower:g}."


def _without_bn(experiment: Experiment, lower: float) -> str:
    family = experiment.network_spec().family
    if family in {"resnet", "preresnet"} and experiment.initialization != "zero_last":
        # Each addition doubles the variance, and there is no BN to bring it down again.
        return (
            "Without batch normalisation every block adds to the activations until they "
            "overflow: turn batch_norm on, or set initialization to zero_last."
        )
    instead = "." if experiment.batch_norm else ", or turn batch_norm on."  # VGG has none
    return (
        f"Without batch normalisation a learning_rate of {experiment.learning_rate:g} is too "
        f"high: use {lower:g}{instead}"
    )
