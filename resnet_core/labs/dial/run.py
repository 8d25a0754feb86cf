"""The dial: y = F(x) + alpha x, on a trained network and while training."""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from torch import Tensor, nn
from torch.nn import functional

from resnet_core.attribution.explanation import restored_hooks
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.dial.question import Settings
from resnet_core.labs.dial.verdicts import (
    End,
    Reading,
    diverged_verdict,
    trained_verdict,
    training_verdict,
)
from resnet_core.labs.events import Event, Row, Rows
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.derived_networks import set_batch_statistics
from resnet_core.labs.tools.short_runs import FinalErrors, ShortRun
from resnet_core.labs.tools.trained_network import TrainedNetwork, logits, percent_wrong
from resnet_core.networks.blocks import ShortcutBlock

BATCH = 250  # images


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Scale the trained network's shortcuts, then train with each value of alpha."""
    (network,) = networks
    readings = []
    x, y = network.train_images(settings.images)
    for alpha in reversed(evenly(settings.turns)):
        reading = measure(network.model(), alpha, x, y)
        readings.append(reading)
        yield Rows("trained", _reading_rows(reading, len(y)))
    yield trained_verdict(readings)
    ends = yield from _train_all(settings, network)
    yield training_verdict(ends, settings)
    yield from diverged_verdict(ends)


def evenly(count: int) -> list[float]:
    """`count` values from 0 to 1."""
    return [round(number / (count - 1), 6) for number in range(count)]


@contextmanager
def scaled_shortcuts(model: nn.Module, alpha: float) -> Iterator[nn.Module]:
    """y = F(x) + alpha x in every block, until the context ends."""

    def scaled(shortcut: nn.Module, inputs: tuple[Tensor, ...], x: Tensor) -> Tensor:
        return alpha * x

    shortcuts = [m.downsample for m in model.modules() if isinstance(m, ShortcutBlock)]
    with restored_hooks(model):
        for shortcut in shortcuts:
            shortcut.register_forward_hook(scaled)
        yield model


def measure(model: nn.Module, alpha: float, x: Tensor, y: Tensor) -> Reading:
    """Errors at this alpha with BN's statistics of alpha = 1, and with new ones.

    Every layer after a scaled shortcut gets inputs of another size; new statistics separate what
    the network has lost from a mere change of scale.
    """
    with scaled_shortcuts(model, alpha):
        loss, error = loss_and_error(model, x, y)
        remeasured = set_batch_statistics(copy.deepcopy(model), x, BATCH)
        loss_remeasured, error_remeasured = loss_and_error(remeasured, x, y)
    return Reading(alpha, error, loss, error_remeasured, loss_remeasured)


def loss_and_error(model: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Cross-entropy, nats, and percent wrong."""
    outputs = logits(model, x, BATCH)
    return float(functional.cross_entropy(outputs, y)), percent_wrong(outputs, y)


def short_experiment(settings: Settings, experiment: Experiment, number: int = 0) -> Experiment:
    """The run's network and data, with a rate and a warm-up that suit a short training.

    Args:
        number: of the seed, from 0.
    """
    updates = settings.updates
    return short_runs.shortened(
        experiment,
        updates,
        learning_rate=settings.learning_rate,
        milestones=(max(1, round(0.85 * updates)),),
        warmup="linear",
        warmup_iterations=max(1, updates // 3),
        evaluation_images=settings.images,
        seed=settings.seed + number,
    )


def _train_all(settings: Settings, network: TrainedNetwork) -> Generator[Event, None, list[End]]:
    """Train with each alpha, from the ends of the dial to its middle, seed by seed."""
    alphas = sorted(evenly(settings.marks), key=lambda alpha: -abs(alpha - 0.5))
    classes = len(network.dataset.classes)
    runs = []
    for number in range(settings.seeds):
        experiment = short_experiment(settings, network.experiment, number)
        for alpha in alphas:
            columns = {"alpha": alpha, "seed": experiment.seed}
            around = partial(scaled_shortcuts, alpha=alpha)
            runs.append(ShortRun(experiment, columns, around=around, classes=classes))
    ends: list[End] = []

    def ended(run: ShortRun, final: FinalErrors) -> Iterator[Rows]:
        ends.append(End(float(run.columns["alpha"] or 0), final.train, final.diverged))
        errors = {"train_error": final.train, "test_error": final.test, "diverged": final.diverged}
        yield Rows.one("ends", run.columns, errors, updates=settings.updates)

    yield from short_runs.train_together(runs, lambda event: {"loss": event.loss}, ended)
    return ends


def _reading_rows(reading: Reading, images: int) -> list[Row]:
    running = ("kept", reading.error, reading.loss)
    remeasured = ("anew", reading.error_remeasured, reading.loss_remeasured)
    return [
        {"alpha": reading.alpha, "statistics": s, "error": error, "loss": loss, "images": images}
        for s, error, loss in (running, remeasured)
    ]
