"""Runs on CIFAR-10: those that repeat the paper's (section 4.2), and recordings on copies of it.

A copy's settings name the file they were trained on, which is hardly ever at hand. The sample that
comes with the package has the same pixels of 6,000 of its images, so that is what the weights are
looked at with and what the experiment is repeated on. `data_title` still names the copy.
"""

from __future__ import annotations

import dataclasses

from resnet_core.data import sample
from resnet_core.paper import cifar
from resnet_core.runs.record import RunRecord

_COPY = "CIFAR-10 ("


def repeats_the_paper(run: RunRecord) -> bool:
    """Return whether the run has the network, images, batch and length of section 4.2."""
    return (
        has_the_papers_network(run)
        and run.experiment.network.startswith("cifar/resnet-")  # Table 6
        and run.experiment.batch_size == cifar.BATCH_SIZE
        and run.experiment.iterations == cifar.ITERATIONS  # shorter is another experiment
        and run.parent is None
    )


def has_the_papers_network(run: RunRecord) -> bool:
    """Return whether network and images are section 4.2's, on CIFAR-10 or a copy, whatever the
    number of iterations."""
    experiment = run.experiment
    return (
        experiment.network.startswith(("cifar/plain-", "cifar/resnet-"))
        and is_cifar_10(run.data_title)
        and experiment.image_size in (None, cifar.IMAGE_SIZE)
        and experiment.train_images is None
        and (experiment.shortcut, experiment.block, experiment.width) == ("A", "basic", cifar.WIDTH)
        and experiment.layers_per_block == 2
        and experiment.activation == "relu"
        and experiment.batch_norm
    )


def is_cifar_10(data_title: str) -> bool:
    """Return whether the data set is CIFAR-10, or a whole copy of it that says so."""
    return data_title == "CIFAR-10" or data_title.startswith(_COPY)


def is_of_a_copy(run: RunRecord) -> bool:
    """Return whether it was trained on a copy of CIFAR-10 whose pixels are not the original."""
    return run.data_title.startswith(_COPY)


def on_the_sample(run: RunRecord) -> RunRecord:
    """Return the recording with the sample's images as its data, if it is of a copy of CIFAR-10."""
    if not (run.recorded and is_of_a_copy(run)):
        return run
    images = {"data": sample.NAME, "train_images": None, "test_images": None}
    return dataclasses.replace(run, experiment=run.experiment.model_copy(update=images))
