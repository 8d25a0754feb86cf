"""Runs on CIFAR-10: those that repeat the paper's (section 4.2), and recordings on copies of it.

A copy's settings name the file they were trained on. Where that file is not at hand, CIFAR-10
itself is what the weights can be looked at with and what the experiment can be repeated on: the
same photographs, but for what the copy's compression lost. `data_title` still names the copy.
"""

from __future__ import annotations

import dataclasses

from resnet_core.data import catalog
from resnet_core.data.public.sources import SOURCES
from resnet_core.errors import InvalidSetting
from resnet_core.paper import cifar
from resnet_core.runs.record import RunRecord

ORIGINAL = SOURCES["cifar10"]


def repeats_the_paper(run: RunRecord) -> bool:
    """Return whether the run has the network, images, batch and length of section 4.2."""
    return (
        has_the_papers_network(run)
        and run.experiment.batch_size == cifar.BATCH_SIZE
        and run.experiment.iterations == cifar.ITERATIONS  # shorter is another experiment
        and run.parent is None
    )


def has_the_papers_network(run: RunRecord) -> bool:
    """Return whether network and images are section 4.2's, on CIFAR-10 or a copy, whatever the
    number of iterations."""
    experiment = run.experiment
    return (
        experiment.network.startswith("cifar/resnet-")
        and is_cifar_10(run.data_title)
        and experiment.image_size in (None, cifar.IMAGE_SIZE)
        and experiment.train_images is None
        and (experiment.shortcut, experiment.block, experiment.width) == ("A", "basic", cifar.WIDTH)
        and experiment.layers_per_block == 2
        and experiment.activation == "relu"
        and experiment.batch_norm
    )


def is_cifar_10(data_title: str) -> bool:
    """Return whether the data set is CIFAR-10, or a copy of it that says so."""
    return data_title.startswith("CIFAR-10") and not data_title.startswith("CIFAR-100")


def is_of_a_copy(run: RunRecord) -> bool:
    """Return whether it was trained on a copy of CIFAR-10 whose pixels are not the original."""
    return run.data_title.startswith(f"{ORIGINAL.title} (")


def with_available_images(run: RunRecord) -> RunRecord:
    """Return the recording, with CIFAR-10 as its data where its copy is not on this machine."""
    if not is_of_a_copy(run) or _is_available(run.experiment.data):
        return run
    experiment = run.experiment.model_copy(update={"data": ORIGINAL.name})
    return dataclasses.replace(run, experiment=experiment)


def _is_available(name: str) -> bool:
    try:
        catalog.canonical(name)
    except InvalidSetting:
        return False
    return True
