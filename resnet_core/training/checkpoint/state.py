"""A session into a checkpoint and back; a parent's weights into its fork."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from resnet_core.errors import CheckpointError
from resnet_core.training.checkpoint.files import Checkpoint

if TYPE_CHECKING:
    from resnet_core.training.session import Session

_log = logging.getLogger(__name__)


def capture(session: Session) -> Checkpoint:
    """Copies on the CPU of everything that changes while a run goes on."""
    weights = {
        name: tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, tensor in session.model.state_dict().items()
    }
    training: dict[str, Any] = {
        "velocity": session.optimizer.velocity(),
        "batches": session.batches.state(),
        "schedule": session.schedule.state(),
        "loss_scale": session.loss_scale.state(),
        "running": [session.wrong, session.seen],
        "seconds": session.seconds,
        "looked": session.looked,
        "data": session.dataset.fingerprint,
        "circumstances": _circumstances(session),
    }
    return Checkpoint(session.iteration, weights, training)


def restore(session: Session, checkpoint: Checkpoint) -> None:
    """Put a new session where the captured one was.

    Raises:
        CheckpointError: the checkpoint is of another network or of other data.
    """
    _check_same_network(session.model, checkpoint)
    take(session.model, checkpoint.weights)
    training = checkpoint.training
    if training["data"] != session.dataset.fingerprint:
        raise CheckpointError("checkpoint.other_images")
    _say_what_differs(training["circumstances"], _circumstances(session))
    session.optimizer.restore(training["velocity"])
    session.batches.restore(training["batches"])
    session.schedule.restore(training["schedule"])
    session.loss_scale.restore(training["loss_scale"])
    session.wrong, session.seen = training["running"]
    session.seconds, session.looked = training["seconds"], training["looked"]
    session.iteration = checkpoint.iteration


@torch.no_grad()
def take(model: nn.Module, weights: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Copy the tensors whose names and shapes fit; return the names of the others.

    Raises:
        CheckpointError: not one of them fits.
    """
    own = model.state_dict()
    fitting = {name for name in own if name in weights and weights[name].shape == own[name].shape}
    if not any(own[name].dim() > 1 for name in fitting):
        raise CheckpointError("checkpoint.nothing_fits")
    for name in fitting:
        own[name].copy_(weights[name])
    return tuple(name for name in own if name not in fitting)


def _check_same_network(model: nn.Module, checkpoint: Checkpoint) -> None:
    own = {name: tensor.shape for name, tensor in model.state_dict().items()}
    other = {name: tensor.shape for name, tensor in checkpoint.weights.items()}
    if own != other:
        differing = sorted(name for name in own | other if own.get(name) != other.get(name))
        raise CheckpointError(
            "checkpoint.other_network", iteration=checkpoint.iteration, name=differing[0]
        )


def _circumstances(session: Session) -> dict[str, Any]:
    """What the bits of a result depend on besides the experiment."""
    execution = session.execution
    return {
        "device": execution.device.type,
        "hardware": execution.hardware,
        "precision": execution.precision,
        "threads": execution.threads,
        "backend": session.updates.backend,
        "torch": str(torch.__version__),  # its own class could not be read back
    }


def _say_what_differs(before: dict[str, Any], now: dict[str, Any]) -> None:
    for name, value in now.items():
        if before.get(name, value) != value:  # earlier versions noted less
            _log.warning(
                "The run goes on with %s %s in place of %s: its weights may differ in their last "
                "bits from those of a run that was not interrupted.",
                name,
                value,
                before[name],
            )
