"""Events of a training run.

`training.loop.train` yields them without knowing their readers. A `Measurement` is also one row
of the telemetry stream, column by column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_core.system.texts import Message

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Started:
    """The run's constants, available once the network and the data are in memory.

    Attributes:
        iteration: 0, or the iteration from which the run was resumed.
        layers: names of the 3x3 layers in order, as in the state dict ("layer1.0.conv1");
            the order of `response_std` and `gradient_norm`.
        blocks: names of the blocks in order ("layer1.0"); the order of `branch_ratio`.
        data: the data set's title.
        backend: how updates are made ("eager", "cuda-graph").
    """

    iteration: int
    layers: tuple[str, ...]
    blocks: tuple[str, ...]
    parameters: int
    data: str
    train_images: int
    test_images: int
    device: str
    precision: str
    backend: str
    threads: int


@dataclass(frozen=True)
class Stepped:
    """One or several parameter updates were made; between them a run can save, pause or stop."""

    iteration: int


@dataclass(frozen=True)
class Measurement:
    """One record of the telemetry stream.

    Attributes:
        iteration: updates made so far; 0 is the initialised network. Loss, responses,
            gradients and branches are of the pass, forward and back, that led to the last
            of these updates; errors are of the network after it.
        epoch: passes over the training images, a fraction.
        seconds: training time so far, pauses left out.
        loss: cross-entropy of the last mini-batch, nats; at iteration 0 of the first one.
        running_error: training error over the mini-batches since the last record, at
            iteration 0 over the first one; percent, augmented images, training mode.
        train_error: on a fixed subset of the training images, evaluation mode, percent;
            None where it was not evaluated.
        test_error: on the test images, evaluation mode, percent; None likewise.
        learning_rate: of the last update.
        images_per_second: training throughput since the last record, evaluations left out;
            0 where there was no update since then.
        response_std: standard deviation of each 3x3 layer's response over the mini-batch,
            training mode, after BN and before the nonlinearity or addition (Fig. 7).
        gradient_norm: Euclidean norm of the loss gradient of each 3x3 layer's weights.
        branch_ratio: ||F(x)|| / ||x|| per block, Euclidean norms over the mini-batch; F(x) is
            what is added to the shortcut, or in a plain block, y = f(F(x)), stands alone.
        audit_error: largest relative difference between `response_std` and a direct
            measurement on the same mini-batch; None where it was not audited.
    """

    iteration: int
    epoch: float
    seconds: float
    loss: float
    running_error: float | None
    train_error: float | None
    test_error: float | None
    learning_rate: float
    images_per_second: float
    response_std: Float32
    gradient_norm: Float32
    branch_ratio: Float32
    audit_error: float | None


@dataclass(frozen=True)
class Diverged:
    """The loss, or its gradient, is not finite. No update was made with it.

    Attributes:
        iteration: updates made, all with finite losses and gradients.
        loss: of the update that was not made; huge where only its gradient is not finite.
        advice: what to change.
    """

    iteration: int
    loss: float
    advice: Message


@dataclass(frozen=True)
class Finished:
    """The last iteration was made.

    Attributes:
        train_error, test_error: evaluation mode, percent, over the same images as the
            measurements.
        weights_sha256: of the final weights, see `training.checkpoint.files.weights_sha256`.
    """

    iteration: int
    seconds: float
    train_error: float
    test_error: float
    weights_sha256: str


Event = Started | Stepped | Measurement | Diverged | Finished
