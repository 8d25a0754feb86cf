"""A network as it was at earlier moments of its training, where its weights were kept."""

from __future__ import annotations

from dataclasses import replace

import safetensors
import safetensors.torch
from torch import Tensor

from resnet_core.errors import CheckpointError
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.catalog import build
from resnet_core.runs import find_weights as weights_on_disk
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from resnet_core.training.checkpoint.files import load_checkpoint
from resnet_core.training.checkpoint.folder import checkpoint_at

_START = 0  # no file is needed for it: the seed says how a network was initialised


def iterations(subject: Subject) -> list[int]:
    """Of which there are weights, rising; from before training on, where there are others.

    A fork did not begin as its seed says, and of what was trained elsewhere nobody knows.
    """
    run = weights_on_disk.described(subject.id)
    folder = queries.folder(run)
    kept = folder.earlier_iterations() if run.recorded else folder.kept_iterations()
    on_the_way = any(iteration < last(subject) for iteration in kept)
    return [_START, *kept] if on_the_way and run.parent is None else kept


def at(subject: Subject, iteration: int) -> Subject:
    """The network after so many updates.

    Raises:
        CheckpointError: there are no such weights, or they are damaged.
    """
    run = weights_on_disk.described(subject.id)
    return replace(subject, weights=_weights(subject, run, iteration))


def _weights(subject: Subject, run: RunRecord, iteration: int) -> dict[str, Tensor]:
    if iteration == _START:
        return initial(subject)
    if run.recorded:
        return _shipped(run, iteration)
    folder = queries.folder(run).checkpoints
    return load_checkpoint(checkpoint_at(folder, iteration)).weights


def initial(subject: Subject) -> dict[str, Tensor]:
    """As the network was before its first update."""
    data = subject.dataset
    spec = subject.experiment.spec_for(data)
    return build(spec, subject.experiment.seed).state_dict()


def _shipped(run: RunRecord, iteration: int) -> dict[str, Tensor]:
    path = queries.folder(run).earlier_weights(iteration)
    try:
        return safetensors.torch.load(path.read_bytes())
    except (OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"The weights {path} cannot be read ({error}).") from error


def last(subject: Subject) -> int:
    """After how many updates the subject's own weights are."""
    return weights_on_disk.find(weights_on_disk.described(subject.id)).iteration
