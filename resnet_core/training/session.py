"""One training run in memory: its state, a way to make updates, and probes."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor

from resnet_core.errors import WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.system.texts import Message
from resnet_core.telemetry.events import Diverged, Finished, Measurement, Started
from resnet_core.telemetry.probes import Probes
from resnet_core.training import device
from resnet_core.training.checkpoint.files import Checkpoint, load_fitting, weights_sha256
from resnet_core.training.images import Data, prepare
from resnet_core.training.schedule import audit_due, evaluation_due
from resnet_core.training.step.backpropagation import Backpropagation, BatchResult
from resnet_core.training.step.stepper import fastest_stepper
from resnet_core.training.train_state import TrainState

_PAPER_RATE, _PAPER_MOMENTUM = 0.1, 0.9


class NotFinite(Exception):
    """The loss, or its gradient, is not a finite number; no update was made with it."""

    def __init__(self, loss: float) -> None:
        super().__init__(f"The loss is {loss}.")
        self.loss = loss


class Session:
    """A run between two updates, and the figures that describe it.

    Attributes:
        new_weights: with `initial_weights`, the tensors that they did not have.

    Args:
        start: a checkpoint to go on from.
        initial_weights, first: of a fork, its parent's weights and the iteration they are of;
            schedule and records count on from there.
        eager: without CUDA graphs.

    Raises:
        InvalidSetting: the batch exceeds the data, or this machine lacks the device.
        CheckpointError: `start` or `initial_weights` is of another network or other data.
    """

    def __init__(
        self,
        experiment: Experiment,
        data: Data,
        start: Checkpoint | None = None,
        *,
        initial_weights: Mapping[str, Tensor] | None = None,
        first: int = 0,
        eager: bool = False,
    ) -> None:
        execution = device.choose(experiment.device, experiment.precision)
        self._images = prepare(data, experiment, execution)
        self.state = TrainState(experiment, data, execution, self._images.batches, first)
        self.probes = Probes(self.state.model)
        self._backpropagation = Backpropagation(self.state.model, self.probes, execution)
        self._result: BatchResult | None = None  # of the last pass, until it is recorded
        self._rate = 0.0  # of the last update
        self._errors: tuple[float, float] | None = None  # since the last update
        self._images_since, self._seconds_since = 0, 0.0  # of updates since the last record
        self._diverged = False
        self.new_weights: tuple[str, ...] = ()
        if initial_weights is not None:
            self.new_weights = load_fitting(self.state.model, initial_weights)
        self.stepper = fastest_stepper(self.state, self._backpropagation, eager=eager)
        if start is not None:
            self.state.restore(start, self.stepper.backend)

    def started(self) -> Started:
        state, backend = self.state, self.stepper.backend
        return started(self.probes, state.data, state.execution, backend, state.iteration)

    def step(self) -> None:
        """Make one update: draw a mini-batch, go forward and back, move the weights.

        Where updates are launched several at a time, the weights are those of this update only
        when the session is `in_sync`.

        Raises:
            NotFinite: the update cannot be made.
        """
        update, state = self.stepper.next(), self.state
        if update.diverged:
            raise self._not_finite(update.result)
        images = state.experiment.batch_size
        state.schedule.observe_batch(update.result.wrong, images)
        state.iteration += 1
        state.seconds += update.seconds
        state.wrong += update.result.wrong
        state.images += images
        self._images_since += images
        self._seconds_since += update.seconds
        self._result, self._rate, self._errors = update.result, update.rate, None

    @property
    def in_sync(self) -> bool:
        """True if the weights are those of this iteration: no update was made beyond it."""
        return self.stepper.in_sync

    def measure_initial(self) -> Measurement:
        """Measure the network before its first update, on the mini-batch of that update.

        A fork is evaluated, too: its errors show the effect of the change alone.

        Raises:
            NotFinite: the loss is not a finite number.
        """
        state = self.state
        batches, buffers = state.batches.state_dict(), [b.clone() for b in state.model.buffers()]
        with self._timed(), state.dropout.at(0):
            images, labels = state.batches.next()
            audit = audit_due(state.experiment, 0)
            result = self._backpropagation(
                images, labels, record=True, audit=audit, scaler=state.scaler
            ).fetch()
            state.batches.load_state_dict(batches)
            for buffer, before in zip(state.model.buffers(), buffers, strict=True):
                buffer.copy_(before)
        if not math.isfinite(result.loss):
            raise self._not_finite(result)
        self._result, self._rate = result, state.schedule.rate(state.iteration)
        if state.iteration > 0:
            self.evaluate()
        state.initial_measured = True
        return self._measurement(result.wrong, len(labels))

    @property
    def record_due(self) -> bool:
        """True if the last update was recorded and is to be measured."""
        return self._result is not None and self._result.readings is not None

    def measure(self) -> Measurement:
        """Return the figures of the last update's pass, and the errors where they are due."""
        state = self.state
        if evaluation_due(state.experiment, state.iteration):
            state.schedule.observe_evaluation(self.evaluate()[1])
        measurement = self._measurement(state.wrong, state.images)
        state.wrong = state.images = 0
        self._images_since, self._seconds_since, self._result = 0, 0.0, None
        return measurement

    def finished(self) -> Finished:
        train_error, test_error = self._errors or self.evaluate()
        digest = weights_sha256(self.state.model.state_dict())
        return Finished(self.state.iteration, self.state.seconds, train_error, test_error, digest)

    def diverged(self, failure: NotFinite) -> Diverged:
        advice = divergence_advice(self.state.experiment, self.state.execution.precision)
        return Diverged(self.state.iteration, failure.loss, advice)

    def checkpoint(self) -> Checkpoint:
        """Return all that a later session needs to go on with bit-identical weights.

        Raises:
            WrongState: the run has diverged; the pass that showed it has changed BN's
                statistics and drawn a batch, so only an earlier checkpoint is good. Or the
                session is not in sync.
        """
        if self._diverged:
            raise WrongState("training.diverged_already")
        if not self.in_sync:
            raise WrongState("training.not_in_sync")
        return self.state.checkpoint(self.stepper.backend)

    def close(self) -> None:
        """End the threads that read pictures, if there are any; training is over then."""
        self._images.close()

    def _not_finite(self, result: BatchResult) -> NotFinite:
        self._diverged = True
        return NotFinite(result.loss)

    def evaluate(self) -> tuple[float, float]:
        """Return training and test error, percent, on the fixed images."""
        with self._timed():
            train_error = self._images.training_images.error(self.state.model)
            self._errors = train_error, self._images.test_images.error(self.state.model)
        return self._errors

    def _measurement(self, wrong: int, images: int) -> Measurement:
        assert self._result is not None
        assert self._result.readings is not None
        state, readings = self.state, self._result.readings
        train_error, test_error = self._errors or (None, None)
        return Measurement(
            iteration=state.iteration,
            epoch=state.iteration * state.experiment.batch_size / len(state.data.train),
            seconds=state.seconds,
            loss=self._result.loss,
            running_error=100 * wrong / images if images else None,
            train_error=train_error,
            test_error=test_error,
            learning_rate=self._rate,
            images_per_second=(
                self._images_since / self._seconds_since if self._images_since else 0.0
            ),
            **vars(readings),
        )

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Add the time of what is no update to the run's seconds."""
        start = time.perf_counter()
        yield
        self.state.seconds += time.perf_counter() - start


def started(
    probes: Probes, data: Data, execution: device.Execution, backend: str, iteration: int = 0
) -> Started:
    """Return the constants of a run whose network has these probes."""
    return Started(
        iteration=iteration,
        layers=probes.layers,
        blocks=probes.blocks,
        parameters=probes.parameters,
        data=data.name,
        train_images=len(data.train),
        test_images=len(data.test),
        device=str(execution.device),
        precision=execution.precision,
        backend=backend,
        threads=execution.threads,
    )


def divergence_advice(experiment: Experiment, precision: device.ComputedPrecision) -> Message:
    """Return a sentence on the likely cause of a loss that is not finite, and the remedy."""
    rate = experiment.learning_rate
    lower = min(rate / 10, _PAPER_RATE)
    if precision == "fp16":
        return Message("errors.training.fp16_overflow", lower=lower, rate=rate)
    if not experiment.network_spec().batch_norm:
        return _without_bn(experiment, lower)
    if rate > _PAPER_RATE:
        return Message("errors.training.rate_above_paper", rate=rate, paper=_PAPER_RATE)
    if experiment.momentum > _PAPER_MOMENTUM:
        return Message(
            "errors.training.momentum",
            momentum=experiment.momentum,
            times=1 / (1 - experiment.momentum),
            paper=_PAPER_MOMENTUM,
        )
    return Message("errors.training.rate", rate=rate, lower=lower)


def _without_bn(experiment: Experiment, lower: float) -> Message:
    family = experiment.network_spec().family
    if family in {"resnet", "preresnet"} and experiment.initialization != "zero_last":
        # Each addition doubles the variance, and there is no BN to bring it down again.
        return Message("errors.training.no_bn_sums")
    # VGG has no BN to turn on.
    key = "errors.training.no_bn_ever" if experiment.batch_norm else "errors.training.no_bn_rate"
    return Message(key, rate=experiment.learning_rate, lower=lower)
