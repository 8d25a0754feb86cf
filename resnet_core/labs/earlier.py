"""A network as it was at earlier moments of its training, where checkpoints were kept."""

from __future__ import annotations

from dataclasses import replace

from resnet_core.labs.subjects import Subject
from resnet_core.runs import queries
from resnet_core.runs import weights as weights_on_disk
from resnet_core.training import checkpoint


def iterations(subject: Subject) -> list[int]:
    """Of the checkpoints on disk, rising; none of a recording, which has its last weights only."""
    run = weights_on_disk.described(subject.id)
    return [] if run.recorded else queries.folder(run).kept_iterations()


def at(subject: Subject, iteration: int) -> Subject:
    """The network after so many updates.

    Raises:
        CheckpointError: there is no such checkpoint, or it is damaged.
    """
    folder = queries.folder(weights_on_disk.described(subject.id)).checkpoints
    return replace(subject, weights=checkpoint.load(checkpoint.at(folder, iteration)).weights)


def last(subject: Subject) -> int:
    """After how many updates the subject's own weights are."""
    return weights_on_disk.find(weights_on_disk.described(subject.id)).iteration
