"""One training run in memory: the network, the data and everything that changes with them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from resnet_core.errors import WrongState
from resnet_core.experiment import Experiment
from resnet_core.networks.catalog import build
from resnet_core.telemetry.events import Diverged, Finished, Measurement, Started
from resnet_core.telemetry.gradients import norms
from resnet_core.telemetry.probes import Probes, Readings
from resnet_core.training import device, occasions, restoring
from resnet_core.training.advice import advice
from resnet_core.training.checkpoint import Checkpoint, weights_sha256
from resnet_core.training.feed import Data, feed
from resnet_core.training.loss_scale import LossScale
from resnet_core.training.optimizer import Sgd
from resnet_core.training.overwriting import lone_readers, overwriting
from resnet_core.training.randomness import Dropout
from resnet_core.training.schedule import Schedule


class NotFinite(Exception):
    """The loss, or its gradient, is not a finite number; no update was made with it."""

    def __init__(self, loss: float) -> None:
        super().__init__(f"The loss is {loss}.")
        self.loss = loss


@dataclass(frozen=True)
class _Pass:
    """What one mini-batch's pass, forward and back, has shown.

    Attributes:
        wrong: how many images were misclassified.
        gradient_norm: of all parameters' gradients, added up; inf or nan when any is.
        loss_scale: what the gradients are to be divided by.
    """

    loss: float
    wrong: int
    gradient_norm: float
    loss_scale: float


class Session:
    """A run between two updates.

    Attributes:
        iteration: updates made so far.
        seconds: training time so far, pauses left out.
        looked: whether the network was measured before its first update.
        new_weights: with `initial_weights`, the tensors that they did not have.

    A fork begins with `initial_weights` and at the iteration `first` of the checkpoint they
    are from: schedule and records count on from there.

    Raises:
        InvalidSetting: the batch exceeds the data, or this machine lacks the device.
        CheckpointError: `start` or `initial_weights` is of another network or other data.
    """

    def __init__(
        self,
        experiment: Experiment,
        dataset: Data,
        start: Checkpoint | None = None,
        *,
        initial_weights: Mapping[str, Tensor] | None = None,
        first: int = 0,
    ) -> None:
        self.experiment, self.dataset = experiment, dataset
        self.execution = device.choose(experiment.device, experiment.precision)
        spec = experiment.network_spec(dataset.image_size, dataset.channels, len(dataset.classes))
        self.model = self.execution.place(build(spec, experiment.seed)).train()
        self.dropout = Dropout(self.model, experiment.seed, self.execution.device)
        self._feed = feed(dataset, experiment, self.execution)
        self.batches = self._feed.batches
        self.optimizer = Sgd(self.model, experiment.momentum, experiment.weight_decay)
        self.schedule = Schedule(experiment)
        self.loss_scale = LossScale(self.execution.precision == "fp16")
        self.probes = Probes(self.model)
        self._relus = lone_readers(self.model)
        self.iteration, self.seconds, self.looked = first, 0.0, False
        self.wrong = self.seen = 0  # augmented training images since the last record
        self._lap_images, self._lap_seconds = 0, 0.0
        self._loss = math.nan
        self._readings: Readings | None = None
        self._errors: tuple[float, float] | None = None
        self._diverged = False
        self.new_weights: tuple[str, ...] = ()
        if initial_weights is not None:
            self.new_weights = restoring.take(self.model, initial_weights)
        if start is not None:
            restoring.restore(self, start)

    def started(self) -> Started:
        return Started(
            iteration=self.iteration,
            layers=self.probes.layers,
            blocks=self.probes.blocks,
            parameters=sum(parameter.numel() for parameter in self.model.parameters()),
            data=self.dataset.name,
            train_images=len(self.dataset.train),
            test_images=len(self.dataset.test),
            device=str(self.execution.device),
            precision=self.execution.precision,
            backend="eager",
            threads=self.execution.threads,
        )

    def step(self) -> None:
        """Make one update: draw a mini-batch, go forward and back, move the weights.

        Raises:
            NotFinite: before the weights are moved.
        """
        with self._timed(training=True):
            images, labels = self.batches.next()
            passed = self._differentiate(images, labels, self.iteration + 1)
            if self.loss_scale.accepts(passed.gradient_norm):
                self.optimizer.update(self.schedule.rate(self.iteration), passed.loss_scale)
            elif self.loss_scale.exhausted:
                raise self._not_finite(passed.loss)
            self.iteration += 1
            self.schedule.observe(passed.wrong, len(labels))
        self.wrong += passed.wrong
        self.seen += len(labels)
        self._errors = None

    def look(self) -> Measurement:
        """Measure the network as it begins, on the first mini-batch, which it will see again.

        A fork's errors, too: they show what the change alone has done.

        Raises:
            NotFinite: there is nothing to train from.
        """
        next_batch, buffers = self.batches.state(), [b.clone() for b in self.model.buffers()]
        with self._timed():
            images, labels = self.batches.next()
            passed = self._differentiate(images, labels, 0)
            self.batches.restore(next_batch)
            for buffer, before in zip(self.model.buffers(), buffers, strict=True):
                buffer.copy_(before)
        self.optimizer.rate = self.schedule.rate(self.iteration)
        if self.iteration > 0:
            self.evaluate()
        self.looked = True
        return self._measurement(passed.wrong, len(labels))

    @property
    def record_due(self) -> bool:
        """Whether the last update is one to `measure`."""
        return self._readings is not None

    def measure(self) -> Measurement:
        """What the last update's pass has shown, and the errors where they are due."""
        if occasions.evaluated(self.experiment, self.iteration):
            self.schedule.evaluated(self.evaluate()[1])
        measurement = self._measurement(self.wrong, self.seen)
        self.wrong = self.seen = 0
        self._lap_images, self._lap_seconds, self._readings = 0, 0.0, None
        return measurement

    def finished(self) -> Finished:
        train_error, test_error = self._errors or self.evaluate()
        digest = weights_sha256(self.model.state_dict())
        return Finished(self.iteration, self.seconds, train_error, test_error, digest)

    def diverged(self, failure: NotFinite) -> Diverged:
        advised = advice(self.experiment, self.execution.precision)
        return Diverged(self.iteration, failure.loss, advised)

    def state(self) -> Checkpoint:
        """All that a later session needs to go on with bit-identical weights.

        Raises:
            WrongState: the run has diverged; the pass that showed it has changed BN's
                statistics and drawn a batch, so only an earlier checkpoint is good.
        """
        if self._diverged:
            raise WrongState("The run has diverged; go on from its last checkpoint.")
        return restoring.capture(self)

    def close(self) -> None:
        """End the threads that read pictures, if there are any. Nothing can be trained then."""
        self._feed.close()

    def _differentiate(self, images: Tensor, labels: Tensor, iteration: int) -> _Pass:
        """Go forward and back; what is recorded at `iteration` is measured on the way.

        Raises:
            NotFinite: the loss is not a finite number.
        """
        audit = occasions.audited(self.experiment, iteration)
        record = occasions.recorded(self.experiment, iteration)
        scale = self.loss_scale.factor
        self.optimizer.forget_gradient()
        listening = self.probes.listening(audit=audit) if record else nullcontext()
        quick = overwriting(self._relus)
        with quick, listening, self.dropout.of(iteration), self.execution.autocast():
            scores = self.model(images)  # B, classes
        loss = functional.cross_entropy(scores.float(), labels)
        (loss * scale).backward()
        wrong = (scores.argmax(1) != labels).sum()
        norm = norms(self.optimizer.gradient()).sum()
        # The device is waited for here, at every update: only so is it true that none is made
        # with a loss or gradient that is not finite, and that every checkpoint is good. When
        # Python has queued the backward pass, a GPU is not far behind, so the wait is short.
        self._loss, mistakes, size = torch.stack([loss.detach(), wrong.float(), norm]).tolist()
        if not math.isfinite(self._loss):
            raise self._not_finite(self._loss)
        self._readings = self.probes.read(scale) if record else None
        return _Pass(self._loss, int(mistakes), size, scale)

    def _not_finite(self, loss: float) -> NotFinite:
        self._diverged = True
        return NotFinite(loss)

    def evaluate(self) -> tuple[float, float]:
        """Training and test error, percent, on the fixed images."""
        with self._timed():
            train_error = self._feed.training_images.error(self.model)
            self._errors = train_error, self._feed.test_images.error(self.model)
        return self._errors

    def _measurement(self, wrong: int, seen: int) -> Measurement:
        assert self._readings is not None
        train_error, test_error = self._errors or (None, None)
        return Measurement(
            iteration=self.iteration,
            epoch=self.iteration * self.experiment.batch_size / len(self.dataset.train),
            seconds=self.seconds,
            loss=self._loss,
            running_error=100 * wrong / seen if seen else None,
            train_error=train_error,
            test_error=test_error,
            learning_rate=self.optimizer.rate,
            images_per_second=self._lap_images / self._lap_seconds if self._lap_images else 0.0,
            response_std=self._readings.response_std,
            gradient_norm=self._readings.gradient_norm,
            branch_ratio=self._readings.branch_ratio,
            audit_error=self._readings.audit_error,
        )

    @contextmanager
    def _timed(self, training: bool = False) -> Iterator[None]:
        """Add to the run's seconds and, of `training`, to those its throughput is taken from."""
        start = time.perf_counter()
        yield
        elapsed = time.perf_counter() - start
        self.seconds += elapsed
        if training:
            self._lap_seconds += elapsed
            self._lap_images += self.experiment.batch_size
