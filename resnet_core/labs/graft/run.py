"""The solution that SGD misses: copying blocks are grafted in, then one trains towards it.

What is trained begins at the constructed solution with noise of growing size added to all
weights, each filter in proportion to its own length, or from scratch.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Event, Progress, Row, Rows, Value, Verdict
from resnet_core.labs.graft.question import Settings
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.directions import filter_normalised, moved
from resnet_core.labs.tools.identity_blocks import deeper, grafted
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.telemetry.events import Diverged, Finished, Measurement

FACTORS = (1, 2, 3)  # times as many blocks, in the test of the copies; 1: the network itself
NOISES = (0.0, 0.25, 0.5, 0.75, 1.0)  # times each filter's length
SCRATCH = "scratch"
BATCH = 128  # images, where BN uses their own statistics

_ALIKE = 5.0  # points of error


@dataclass(frozen=True)
class Comparison:
    """A grafted network beside the shallow one, on the same images and in the same mode."""

    depth: int
    mode: str
    error: float  # percent
    shallow_error: float
    changed: int  # predictions that differ
    difference: float  # largest, of a score
    images: int


@dataclass(frozen=True)
class End:
    """Where a training began and where it ended: percent of the training images wrong."""

    noise: float | None
    before: float
    after: float


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """Graft and compare, then train from the grafted start, with noise, and from scratch."""
    (subject,) = subjects
    shallow, spec = subject.model(), _spec(subject)
    x, y = subject.train_images(settings.images)
    factors = sorted({*FACTORS, settings.factor})
    compared = []
    for factor in factors:
        deep = grafted(shallow, spec, factor, x)
        for mode in ("evaluation", "training"):
            found = compare(shallow, deep, deeper(spec, factor).depth, mode, x, y)
            compared.append(found)
            yield Rows("copies", [_copy_row(factor, found)])
    exact, training = compared[-2:]
    yield copies_verdict(exact, subject.depth)
    yield modes_verdict(training)
    deep = grafted(shallow, spec, settings.factor, x)
    ends = yield from _trainings(settings, subject, deep, x, y)
    yield start_verdict(settings, deeper(spec, settings.factor).depth, ends)


def compare(
    shallow: nn.Module, deep: nn.Module, depth: int, mode: str, x: Tensor, y: Tensor
) -> Comparison:
    """Errors and predictions side by side; "training" has BN use each mini-batch's statistics."""
    first, second = (scores(model, x, mode) for model in (shallow, deep))
    return Comparison(
        depth=depth,
        mode=mode,
        error=_error(second, y),
        shallow_error=_error(first, y),
        changed=int((first.argmax(1) != second.argmax(1)).sum()),
        difference=float((first - second).abs().max()),
        images=len(y),
    )


@torch.no_grad()
def scores(model: nn.Module, x: Tensor, mode: str) -> Tensor:  # N, classes
    """The network's answers; its running statistics stay what they were."""
    used = copy.deepcopy(model).train(mode == "training")
    return torch.cat([used(part) for part in x.split(BATCH)])


def begun(deep: nn.Module, noise: float, seed: int) -> dict[str, Tensor]:
    """The grafted weights, and noise of `noise` times each filter's length."""
    generator = torch.Generator().manual_seed(seed)
    weights = {name: tensor.detach().clone() for name, tensor in deep.state_dict().items()}
    return moved(weights, filter_normalised(deep, generator), noise)


def deep_experiment(settings: Settings, subject: Subject, noise: float | None) -> Experiment:
    """The subject's recipe at the greater depth, short.

    From scratch at its own rate, with warm-up and drops at the same shares of the training;
    near a solution such steps would only lead away from it, so there at a small one.
    """
    own = subject.experiment
    updates = settings.updates if noise is not None else settings.patience * settings.updates
    drops = sorted({max(1, updates * drop // own.iterations) for drop in own.drops})
    warm = noise is None and own.warmup == "linear"
    return own.changed(
        network=f"cifar/{subject.family}-{deeper(_spec(subject), settings.factor).depth}",
        iterations=updates,
        learning_rate=own.learning_rate if noise is None else settings.learning_rate,
        milestones=tuple(drops) if noise is None else (),
        warmup="linear" if warm else "none",
        warmup_iterations=max(1, updates * own.warmup_iterations // own.iterations) if warm else 0,
        record_every=max(1, updates // 20),
        evaluate_every=updates,
        evaluation_images=settings.images,
        audit_every=0,
        seed=settings.seed,
    )


# Trainings


def _trainings(
    settings: Settings, subject: Subject, deep: nn.Module, x: Tensor, y: Tensor
) -> Generator[Event, None, list[End]]:
    longest = settings.patience * settings.updates
    total, done = settings.updates * len(NOISES) + longest, 0
    ends: list[End] = []
    for noise in (*NOISES, None):
        updates = longest if noise is None else settings.updates
        experiment = deep_experiment(settings, subject, noise)
        start = _start(deep, noise, settings, experiment, subject)
        before = after = _error(scores(start, x, "training"), y)
        for event in short_runs.train(experiment, initial_weights=start.state_dict()):
            if isinstance(event, Measurement):
                yield Rows("curves", [_curve_row(noise, event)])
                yield Progress(done + event.iteration, total)
            elif isinstance(event, Finished):
                after = event.train_error
            elif isinstance(event, Diverged):
                after = 100 * (1 - 1 / len(subject.dataset.classes))  # what guessing gives
        done += updates
        ends.append(End(noise, before, after))
        row: dict[str, Value] = {"start": _name(noise), "noise": noise, "before": before}
        yield Rows("ends", [{**row, "after": after, "updates": updates}])
    return ends


def _start(
    deep: nn.Module,
    noise: float | None,
    settings: Settings,
    experiment: Experiment,
    subject: Subject,
) -> nn.Module:
    """The network with which a training begins."""
    data = subject.dataset
    if noise is None:
        spec = experiment.spec_for(data)
        return build(spec, experiment.seed).to(subject.device)
    start = copy.deepcopy(deep)
    start.load_state_dict(begun(deep, noise, settings.seed))
    return start


def _name(noise: float | None) -> str:
    return SCRATCH if noise is None else f"{noise:g}"


def _curve_row(noise: float | None, event: Measurement) -> Row:
    row: dict[str, Value] = {"start": _name(noise), "noise": noise, "iteration": event.iteration}
    return {**row, "error": event.running_error, "loss": event.loss}


def _copy_row(factor: int, found: Comparison) -> Row:
    row: dict[str, Value] = {"factor": factor, "depth": found.depth, "mode": found.mode}
    counts = {"changed": found.changed, "difference": found.difference, "images": found.images}
    return {**row, "error": found.error, **counts}


def _spec(subject: Subject) -> NetworkSpec:
    data = subject.dataset
    spec = subject.experiment.spec_for(data)
    assert isinstance(spec, NetworkSpec)  # the question accepts no others
    return spec


def _error(answers: Tensor, y: Tensor) -> float:
    """Percent wrong."""
    return 100 * float((answers.argmax(1) != y).float().mean())


# Verdicts


def copies_verdict(found: Comparison, shallow: int) -> Verdict:
    """Whether the deeper network answers as the shallow one does."""
    values: dict[str, Value] = {
        "inserted": found.depth - shallow,
        "shallow": shallow,
        "deep": found.depth,
        "error": found.error,
        "images": found.images,
        "changed": found.changed,
        "difference": found.difference,
    }
    if found.changed:
        return Verdict("inexact", values)
    return Verdict("close" if found.difference else "exact", values)


def modes_verdict(found: Comparison) -> Verdict:
    """Whether the copies are good enough where BN uses the mini-batch's statistics."""
    apart = abs(found.error - found.shallow_error) > _ALIKE
    values: dict[str, Value] = {"changed": found.changed, "images": found.images}
    errors = {"grafted": found.error, "shallow": found.shallow_error}
    return Verdict("modes_differ" if apart else "modes_agree", {**values, **errors})


def start_verdict(settings: Settings, depth: int, ends: Sequence[End]) -> Verdict:
    """How near one must begin: kept is what ends nearer to the solution than to scratch."""
    grafted_error = ends[0].before
    scratch = next(end.after for end in ends if end.noise is None)
    values: dict[str, Value] = {
        "updates": settings.patience * settings.updates,
        "few": settings.updates,
        "deep": depth,
        "scratch": scratch,
        "grafted": grafted_error,
    }
    if scratch <= grafted_error + _ALIKE:
        return Verdict("found", values)
    near = (grafted_error + scratch) / 2
    kept, lost = _parted([end for end in ends if end.noise is not None], near)
    if kept is not None:
        values |= {"kept": kept.noise, "end_kept": kept.after}
    if lost is not None:
        values |= {"lost": lost.noise, "end_lost": lost.after}
    return Verdict("never" if kept is None else "always" if lost is None else "near", values)


def _parted(ends: Sequence[End], near: float) -> tuple[End | None, End | None]:
    """The last start before the first that is lost, and that one; ends by rising noise."""
    kept = None
    for end in ends:
        if end.after > near:
            return kept, end
        kept = end
    return kept, None
