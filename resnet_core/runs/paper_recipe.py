"""Which runs repeat the paper's residual networks on CIFAR-10 (section 4.2)."""

from __future__ import annotations

from resnet_core.paper import cifar
from resnet_core.runs.record import RunRecord


def repeats_the_paper(run: RunRecord) -> bool:
    """Whether the run has the network, the images, the batch and the length of section 4.2."""
    return (
        has_the_papers_network(run)
        and run.experiment.batch_size == cifar.BATCH_SIZE
        and run.experiment.iterations == cifar.ITERATIONS  # shorter is another experiment
        and run.parent is None
    )


def has_the_papers_network(run: RunRecord) -> bool:
    """Network and images of section 4.2, on CIFAR-10 or a copy, however long it trained."""
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
    """Whether the data set is CIFAR-10, or a copy of it that says so."""
    return data_title.startswith("CIFAR-10") and not data_title.startswith("CIFAR-100")
