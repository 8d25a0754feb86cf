"""One training run in memory: the network, the data and everything that changes with them."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor

from resnet_core.errors import WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.catalog import build
from resnet_core.telemetry.events import Diverged, Finished, Measurement, Started
from resnet_core.telemetry.probes import Probes
from resnet_core.training import device, intervals
from resnet_core.training.advice import advice
from resnet_core.training.checkpoint import state as restoring
from resnet_core.training.checkpoint.files import Checkpoint, weights_sha256
from resnet_core.training.images import Data, feed
from resnet_core.training.learning_rate import Schedule
from resnet_core.training.loss_scale import LossScale
from resnet_core.training.randomness import Dropout
from resnet_core.training.step.backpropagation import Backpropagation, Pass
from resnet_core.training.step.cuda_graph import updates
from resnet_core.training.step.eager import Update
from resnet_core.training.step.optimizer import Sgd


class NotFinite(Exception):
    """The loss, or its gradient, is not a finite number; no update was made with it."""

    def __init__(self, loss: float) -> None:
        super().__init__(f"The loss is {loss}.")
        self.loss = loss


class Session:
    """A run between two updates.

    Attributes:
        iteration: updates made so far.
        seconds: training time so far, pauses left out.
        looked: whether the network was measured before its first update.
        new_weights: with `initial_weights`, the tensors that they did not have.
        halts: iterations at which the session has to be `settled`, for a checkpoint, say.

    A fork begins with `initial_weights` and at the iteration `first` of the checkpoint they
    are from: schedule and records count on from there. `eager`: without CUDA graphs.

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
        eager: bool = False,
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
        self.backpropagation = Backpropagation(self.model, self.probes, self.execution)
        self.halts: Container[int] = ()
        self.iteration, self.seconds, self.looked = first, 0.0, False
        self.wrong = self.seen = 0  # augmented training images since the last record
        self._lap_images, self._lap_seconds = 0, 0.0
        self._passed: Pass | None = None  # the last
        self._rate = 0.0  # of the last update
        self._ahead: deque[tuple[Update, float]] = deque()  # made but not told, and their seconds
        self._errors: tuple[float, float] | None = None
        self._diverged = False
        self.new_weights: tuple[str, ...] = ()
        if initial_weights is not None:
            self.new_weights = restoring.take(self.model, initial_weights)
        self.updates = updates(self, eager=eager)
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
            backend=self.updates.backend,
            threads=self.execution.threads,
        )

    def step(self) -> None:
        """Make one update: draw a mini-batch, go forward and back, move the weights.

        Where updates are made several at a time, the weights are those of this update only
        when the session is `settled`.

        Raises:
            NotFinite: the update cannot be made.
        """
        if not self._ahead:
            self._make()
        update, seconds = self._ahead.popleft()
        if update.broken:
            raise self._not_finite(update.passed)
        images = self.experiment.batch_size
        self.schedule.observe(update.passed.wrong, images)
        self.iteration += 1
        self.seconds += seconds
        self.wrong += update.passed.wrong
        self.seen += images
        self._lap_images += images
        self._lap_seconds += seconds
        self._passed, self._rate, self._errors = update.passed, update.rate, None

    def _make(self) -> None:
        """Make one update or more, each of which takes its share of the time."""
        start = time.perf_counter()
        made = self.updates.make(self.iteration)
        share = (time.perf_counter() - start) / len(made)
        self._ahead.extend((update, share) for update in made)

    @property
    def settled(self) -> bool:
        """Whether the weights are those of this iteration: no update was made beyond it."""
        return not self._ahead

    def look(self) -> Measurement:
        """Measure the network as it begins, on the first mini-batch, which it will see again.

        A fork's errors, too: they show what the change alone has done.

        Raises:
            NotFinite: there is nothing to train from.
        """
        next_batch, buffers = self.batches.state(), [b.clone() for b in self.model.buffers()]
        with self._timed(), self.dropout.of(0):
            images, labels = self.batches.next()
            audit = intervals.audited(self.experiment, 0)
            scale = self.loss_scale.factor
            shown = self.backpropagation(images, labels, record=True, audit=audit, loss_scale=scale)
            passed = shown.fetch()
            self.batches.restore(next_batch)
            for buffer, before in zip(self.model.buffers(), buffers, strict=True):
                buffer.copy_(before)
        if not math.isfinite(passed.loss):
            raise self._not_finite(passed)
        self._passed, self._rate = passed, self.schedule.rate(self.iteration)
        if self.iteration > 0:
            self.evaluate()
        self.looked = True
        return self._measurement(passed.wrong, len(labels))

    @property
    def record_due(self) -> bool:
        """Whether the last update is one to `measure`."""
        return self._passed is not None and self._passed.readings is not None

    def measure(self) -> Measurement:
        """What the last update's pass has shown, and the errors where they are due."""
        if intervals.evaluated(self.experiment, self.iteration):
            self.schedule.evaluated(self.evaluate()[1])
        measurement = self._measurement(self.wrong, self.seen)
        self.wrong = self.seen = 0
        self._lap_images, self._lap_seconds, self._passed = 0, 0.0, None
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
                statistics and drawn a batch, so only an earlier checkpoint is good. Or the
                session is not settled.
        """
        if self._diverged:
            raise WrongState("training.diverged_already")
        if not self.settled:
            raise WrongState("training.not_settled")
        return restoring.capture(self)

    def close(self) -> None:
        """End the threads that read pictures, if there are any. Nothing can be trained then."""
        self._feed.close()

    def _not_finite(self, passed: Pass) -> NotFinite:
        self._diverged = True
        return NotFinite(passed.loss)

    def evaluate(self) -> tuple[float, float]:
        """Training and test error, percent, on the fixed images."""
        with self._timed():
            train_error = self._feed.training_images.error(self.model)
            self._errors = train_error, self._feed.test_images.error(self.model)
        return self._errors

    def _measurement(self, wrong: int, seen: int) -> Measurement:
        assert self._passed is not None
        assert self._passed.readings is not None
        readings = self._passed.readings
        train_error, test_error = self._errors or (None, None)
        return Measurement(
            iteration=self.iteration,
            epoch=self.iteration * self.experiment.batch_size / len(self.dataset.train),
            seconds=self.seconds,
            loss=self._passed.loss,
            running_error=100 * wrong / seen if seen else None,
            train_error=train_error,
            test_error=test_error,
            learning_rate=self._rate,
            images_per_second=self._lap_images / self._lap_seconds if self._lap_images else 0.0,
            response_std=readings.response_std,
            gradient_norm=readings.gradient_norm,
            branch_ratio=readings.branch_ratio,
            audit_error=readings.audit_error,
        )

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Add to the run's seconds what is no update."""
        start = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - start
