"""At which iterations a run measures, evaluates and audits.

It follows from the iteration alone, so an interrupted run measures at the same ones.
"""

from __future__ import annotations

from resnet_core.experiments.experiment import Experiment


def evaluated(experiment: Experiment, iteration: int) -> bool:
    """Every `evaluate_every` iterations and at the end; the untrained network is not."""
    last = iteration == experiment.iterations
    return last or (iteration > 0 and iteration % experiment.evaluate_every == 0)


def audited(experiment: Experiment, iteration: int) -> bool:
    """Every `audit_every` iterations, the first mini-batch of all included; 0: never."""
    return experiment.audit_every > 0 and iteration % experiment.audit_every == 0


def recorded(experiment: Experiment, iteration: int) -> bool:
    """Every `record_every` iterations, and whenever there is an evaluation or audit to record."""
    due = iteration % experiment.record_every == 0
    return due or evaluated(experiment, iteration) or audited(experiment, iteration)
