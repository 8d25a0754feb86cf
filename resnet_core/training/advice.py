"""What to change after a run has diverged."""

from __future__ import annotations

from resnet_core.experiments.experiment import Experiment
from resnet_core.system.texts import Message
from resnet_core.training.device import Computed

_PAPERS_RATE, _PAPERS_MOMENTUM = 0.1, 0.9


def advice(experiment: Experiment, precision: Computed) -> Message:
    """Return what most likely made this run's loss not finite, and what to change."""
    rate = experiment.learning_rate
    lower = min(rate / 10, _PAPERS_RATE)
    if precision == "fp16":
        return Message("errors.training.fp16_overflow", lower=lower, rate=rate)
    if not experiment.network_spec().batch_norm:
        return _without_bn(experiment, lower)
    if rate > _PAPERS_RATE:
        return Message("errors.training.rate_above_paper", rate=rate, paper=_PAPERS_RATE)
    if experiment.momentum > _PAPERS_MOMENTUM:
        return Message(
            "errors.training.momentum",
            momentum=experiment.momentum,
            times=1 / (1 - experiment.momentum),
            paper=_PAPERS_MOMENTUM,
        )
    return Message("errors.training.rate", rate=rate, lower=lower)


def _without_bn(experiment: Experiment, lower: float) -> Message:
    family = experiment.network_spec().family
    if family in {"resnet", "preresnet"} and experiment.initialization != "zero_last":
        # Each addition doubles the variance, and there is no BN to bring it down again.
        return Message("errors.training.no_bn_sums")
    return Message(
        "errors.training.no_bn_ever"  # VGG has none
        if experiment.batch_norm
        else "errors.training.no_bn_rate",
        rate=experiment.learning_rate,
        lower=lower,
    )
