"""The dial: y = F(x) + alpha x, turned on a trained network and set while training."""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.dial.question import Settings
from resnet_core.labs.events import Event, Progress, Row, Rows, Value, Verdict
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.blocks import ShortcutBlock
from resnet_core.telemetry.events import Diverged, Finished, Measurement
from resnet_core.training.loop import train
from resnet_core.training.session import Session

BATCH = 250  # images

_ALIKE = 2.0  # points of error, of one network
_BY_CHANCE = 5.0  # points of error, of two short trainings


@dataclass(frozen=True)
class Reading:
    """The trained network at one place of the dial; errors in percent, loss in nats."""

    alpha: float
    error: float
    loss: float
    error_anew: float
    loss_anew: float


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """Turn the dial on the trained network, then train at each of its marks."""
    (subject,) = subjects
    readings = []
    x, y = subject.train_images(settings.images)
    for alpha in reversed(evenly(settings.turns)):
        reading = turned(subject.model(), alpha, x, y)
        readings.append(reading)
        yield Rows("trained", _trained_rows(reading, len(y)))
    yield trained_verdict(readings)
    ends = yield from _trainings(settings, subject)
    yield training_verdict(ends, settings.updates)


def evenly(count: int) -> list[float]:
    """`count` values from 0 to 1."""
    return [round(number / (count - 1), 6) for number in range(count)]


@contextmanager
def dialled(model: nn.Module, alpha: float) -> Iterator[nn.Module]:
    """y = F(x) + alpha x in every block, until the context ends."""

    def scaled(shortcut: nn.Module, inputs: tuple[Tensor, ...], x: Tensor) -> Tensor:
        return alpha * x

    shortcuts = [m.downsample for m in model.modules() if isinstance(m, ShortcutBlock)]
    hooks = [shortcut.register_forward_hook(scaled) for shortcut in shortcuts]
    try:
        yield model
    finally:
        for hook in hooks:
            hook.remove()


def turned(model: nn.Module, alpha: float, x: Tensor, y: Tensor) -> Reading:
    """Errors at this alpha with BN's statistics of alpha = 1, and with new ones."""
    with dialled(model, alpha):
        loss, error = loss_and_error(model, x, y)
        loss_anew, error_anew = loss_and_error(measured_anew(model, x), x, y)
    return Reading(alpha, error, loss, error_anew, loss_anew)


@torch.no_grad()
def measured_anew(model: nn.Module, x: Tensor) -> nn.Module:
    """A copy whose BN has the mean and variance of what now comes to it.

    Every layer after a turned shortcut gets inputs of another size; this tells what the
    network has lost from what is only scaled otherwise.
    """
    fresh = copy.deepcopy(model).train()
    for module in fresh.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the plain average over the mini-batches
    for part in x.split(BATCH):
        fresh(part)
    return fresh.eval()


@torch.no_grad()
def loss_and_error(model: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Cross-entropy, nats, and percent wrong."""
    answers = torch.cat([model(part) for part in x.split(BATCH)])
    wrong = (answers.argmax(1) != y).float().mean()
    return float(functional.cross_entropy(answers, y)), 100 * float(wrong)


def short_experiment(settings: Settings, own: Experiment) -> Experiment:
    """The subject's network and data, with a rate and a warm-up that suit a short training."""
    updates = settings.updates
    return own.changed(
        iterations=updates,
        learning_rate=settings.learning_rate,
        milestones=(max(1, round(0.85 * updates)),),
        warmup="linear",
        warmup_iterations=max(1, updates // 3),
        record_every=max(1, updates // 20),
        evaluate_every=updates,
        evaluation_images=settings.images,
        audit_every=0,
        seed=settings.seed,
    )


# Trainings


def _trainings(
    settings: Settings, subject: Subject
) -> Generator[Event, None, list[tuple[float, float]]]:
    """Alpha and final training error at each mark; the ends of the dial first."""
    alphas = sorted(evenly(settings.marks), key=lambda alpha: -abs(alpha - 0.5))
    experiment = short_experiment(settings, subject.experiment)
    total, done, ends = settings.updates * len(alphas), 0, []
    for alpha in alphas:
        session = Session(experiment, subject.dataset, eager=True)  # a graph would know no dial
        errors: tuple[float, float] | None = None
        with dialled(session.state.model, alpha):
            for event in train(session):
                if isinstance(event, Measurement):
                    yield Rows("curves", [_curve_row(alpha, event)])
                    yield Progress(done + event.iteration, total)
                elif isinstance(event, Finished):
                    errors = event.train_error, event.test_error
                elif isinstance(event, Diverged):
                    guessing = 100 * (1 - 1 / len(subject.dataset.classes))
                    errors = guessing, guessing
        assert errors is not None
        done += settings.updates
        ends.append((alpha, errors[0]))
        row: dict[str, Value] = {"alpha": alpha, "train_error": errors[0]}
        yield Rows("ends", [{**row, "test_error": errors[1], "updates": settings.updates}])
    return ends


def _curve_row(alpha: float, event: Measurement) -> Row:
    row: dict[str, Value] = {"alpha": alpha, "iteration": event.iteration}
    return {**row, "error": event.running_error, "loss": event.loss}


def _trained_rows(reading: Reading, images: int) -> list[Row]:
    kept = ("kept", reading.error, reading.loss)
    anew = ("anew", reading.error_anew, reading.loss_anew)
    return [
        {"alpha": reading.alpha, "statistics": s, "error": error, "loss": loss, "images": images}
        for s, error, loss in (kept, anew)
    ]


# Verdicts


def trained_verdict(readings: Sequence[Reading]) -> Verdict:
    """Whether the trained network needs all of the x that it was trained with."""
    by_alpha = sorted(readings, key=lambda reading: reading.alpha)
    zero, full = by_alpha[0], by_alpha[-1]
    best = min(reversed(by_alpha), key=lambda reading: reading.error)
    values: dict[str, Value] = {
        "zero": zero.error,
        "zero_anew": zero.error_anew,
        "full": full.error,
        "best": best.alpha,
        "least": best.error,
    }
    if best.error < full.error - _ALIKE:
        return Verdict("better_elsewhere", values)
    if zero.error <= full.error + _ALIKE:
        return Verdict("indifferent", values)
    limit = next(r for r in reversed(by_alpha) if r.error > full.error + _ALIKE)
    at_limit = {"limit": limit.alpha, "at_limit": limit.error, "limit_anew": limit.error_anew}
    return Verdict("made_for_one", {**values, **at_limit})


def training_verdict(ends: Sequence[tuple[float, float]], updates: int) -> Verdict:
    """What alpha while training has done to the final training error."""
    (_, zero), *_, (_, full) = by_alpha = sorted(ends)
    best, least = min(reversed(by_alpha), key=lambda end: end[1])
    most = max(error for _, error in by_alpha)
    values: dict[str, Value] = {"updates": updates, "zero": zero, "full": full}
    values |= {"best": best, "least": least, "most": most}
    if most - least <= _BY_CHANCE:
        return Verdict("no_matter", values)
    if least < min(zero, full) - _BY_CHANCE:
        return Verdict("part_is_best", values)
    return Verdict("more_is_better" if full <= zero else "less_is_better", values)
