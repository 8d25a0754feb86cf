"""Of which family an experiment's network is, for laboratories that take only some."""

from __future__ import annotations

from resnet_core.experiments.experiment import Experiment


def family(experiment: Experiment) -> str:
    """plain, resnet, highway or preresnet."""
    return experiment.network.partition("/")[2].partition("-")[0]


def not_cifar(experiment: Experiment) -> str:
    """Why the network cannot be taken apart block by block, or ""."""
    if experiment.network.startswith("cifar/"):
        return ""
    return "only the networks of the CIFAR family can be taken apart here; choose one of them."
