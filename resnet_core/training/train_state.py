"""Everything that an update reads or changes, and its way into a checkpoint and back."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.amp import GradScaler

from resnet_core.errors import CheckpointError
from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.catalog import build
from resnet_core.networks.initialization import generator_seed
from resnet_core.training.batches import Batches, PictureBatches
from resnet_core.training.checkpoint.files import Checkpoint
from resnet_core.training.device import Execution
from resnet_core.training.images import Data
from resnet_core.training.schedule import Schedule
from resnet_core.training.step.optimizer import Sgd

_log = logging.getLogger(__name__)


class Dropout:
    """The random numbers of a network's dropout layers, for which torch has global state only.

    For each update that state is set from the seed and the iteration, and put back afterwards:
    a resumed run draws the same numbers, and nothing outside the run changes.

    Attributes:
        needed: whether the network has dropout.
    """

    def __init__(self, model: nn.Module, seed: int, device: torch.device) -> None:
        self._seed = seed
        self._devices = [device] if device.type == "cuda" else []
        self.needed = any(isinstance(m, nn.Dropout) and m.p > 0 for m in model.modules())

    @contextmanager
    def at(self, iteration: int) -> Iterator[None]:
        """Set the random state for the forward pass of this update."""
        if not self.needed:
            yield
            return
        with torch.random.fork_rng(self._devices):
            torch.manual_seed(generator_seed(self._seed, f"dropout {iteration}"))
            yield


class TrainState:
    """A training run between two updates.

    Attributes:
        iteration: updates made so far.
        seconds: training time so far, without pauses.
        wrong, images: misclassified and all training images since the last record.
        initial_measured: whether the network was measured before its first update.
        scaler: of fp16's loss (Micikevicius et al. 2018, section 3.2); else disabled.
        sync_at: iterations at which the weights on the device must be those of that iteration,
            because a checkpoint is saved, for example. A checkpoint does not contain it.

    Raises:
        InvalidSetting: there is no such network.
    """

    def __init__(
        self,
        experiment: Experiment,
        data: Data,
        execution: Execution,
        batches: Batches | PictureBatches,
        iteration: int = 0,
    ) -> None:
        self.experiment, self.data, self.execution = experiment, data, execution
        self.batches = batches
        spec = experiment.spec_for(data)
        self.model = execution.place(build(spec, experiment.seed)).train()
        self.optimizer = Sgd(self.model, experiment.momentum, experiment.weight_decay)
        self.schedule = Schedule(experiment)
        self.scaler = GradScaler(execution.device.type, enabled=execution.precision == "fp16")
        self.dropout = Dropout(self.model, experiment.seed, execution.device)
        self.iteration, self.seconds, self.initial_measured = iteration, 0.0, False
        self.wrong = self.images = 0
        self.sync_at: Container[int] = ()

    def state_dict(self) -> dict[str, Any]:
        """Return copies of what changes besides the weights: plain values and tensors on the CPU.

        Names are those of checkpoint format 1.
        """
        scaler = self.scaler.state_dict()  # empty where it is disabled
        return {
            "velocity": self.optimizer.state_dict(),
            "batches": self.batches.state_dict(),
            "schedule": self.schedule.state_dict(),
            "loss_scale": {
                "factor": scaler.get("scale", 1.0),
                "since_change": scaler.get("_growth_tracker", 0),
            },
            "running": [self.wrong, self.images],
            "seconds": self.seconds,
            "looked": self.initial_measured,
            "data": self.data.fingerprint,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set everything but the weights and the iteration.

        Raises:
            CheckpointError: the momentum is of another network.
        """
        self.optimizer.load_state_dict(state["velocity"])
        self.batches.load_state_dict(state["batches"])
        self.schedule.load_state_dict(state["schedule"])
        if self.scaler.is_enabled():
            scale = state["loss_scale"]
            counters = {"scale": scale["factor"], "_growth_tracker": scale["since_change"]}
            self.scaler.load_state_dict({**self.scaler.state_dict(), **counters})
        self.wrong, self.images = state["running"]
        self.seconds, self.initial_measured = state["seconds"], state["looked"]

    def checkpoint(self, backend: str) -> Checkpoint:
        """Return copies on the CPU of everything that changes; `backend`: see `Stepper`."""
        weights = {
            name: tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
            for name, tensor in self.model.state_dict().items()
        }
        circumstances = self._circumstances(backend)
        return Checkpoint(
            self.iteration, weights, {**self.state_dict(), "circumstances": circumstances}
        )

    def restore(self, checkpoint: Checkpoint, backend: str) -> None:
        """Go to where the run was when the checkpoint was made.

        Raises:
            CheckpointError: the checkpoint is of another network or of other data.
        """
        _check_same_network(self.model, checkpoint)
        state = checkpoint.training
        if state["data"] != self.data.fingerprint:
            raise CheckpointError("checkpoint.other_images")
        _log_differences(state["circumstances"], self._circumstances(backend))
        self.model.load_state_dict(checkpoint.weights)
        self.load_state_dict(state)
        self.iteration = checkpoint.iteration

    def _circumstances(self, backend: str) -> dict[str, Any]:
        """Return the conditions besides the experiment on which the bits of a result depend."""
        execution = self.execution
        return {
            "device": execution.device.type,
            "hardware": execution.hardware,
            "precision": execution.precision,
            "threads": execution.threads,
            "backend": backend,
            "torch": str(torch.__version__),  # its own class could not be read back
        }


def _check_same_network(model: nn.Module, checkpoint: Checkpoint) -> None:
    own = {name: tensor.shape for name, tensor in model.state_dict().items()}
    other = {name: tensor.shape for name, tensor in checkpoint.weights.items()}
    if own != other:
        differing = sorted(name for name in own | other if own.get(name) != other.get(name))
        raise CheckpointError(
            "checkpoint.other_network", iteration=checkpoint.iteration, name=differing[0]
        )


def _log_differences(before: dict[str, Any], now: dict[str, Any]) -> None:
    for name, value in now.items():
        if before.get(name, value) != value:  # earlier versions noted less
            _log.warning(
                "The run goes on with %s %s in place of %s: its weights may differ in their last "
                "bits from those of a run that was not interrupted.",
                name,
                value,
                before[name],
            )
