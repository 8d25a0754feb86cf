"""Trained networks deepened by identity blocks, and trainings from there.

Training begins at the constructed solution with noise of growing size added to all weights,
each filter in proportion to its own length, or from scratch.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator, Sequence

import torch
from torch import Tensor, nn

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Event, Progress, Row, Rows, attributes
from resnet_core.labs.graft.question import QUESTION, Settings
from resnet_core.labs.graft.verdicts import (
    Comparison,
    End,
    diverged_verdict,
    identity_verdict,
    modes_verdict,
    start_verdict,
)
from resnet_core.labs.landscape.run import filter_normalised, moved
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.derived_networks import deeper, grafted
from resnet_core.labs.tools.trained_network import TrainedNetwork, logits, percent_wrong
from resnet_core.networks.catalog import build

FACTORS = (1, 2, 3)  # depth multipliers that are compared; 1: the network itself
NOISES = (0.0, 0.25, 0.5, 0.75, 1.0)  # times each filter's length
SCRATCH = "scratch"
BATCH = 128  # images, where BN uses their own statistics


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Graft and compare, then train from the grafted start, with noise, and from scratch."""
    (network,) = networks
    shallow, spec = network.model(), network.cifar_spec
    x, y = network.train_images(settings.images)
    comparisons = []
    for factor in sorted({*FACTORS, settings.factor}):
        deep = grafted(shallow, spec, factor, x)
        for mode in ("evaluation", "training"):
            comparison = compare(shallow, deep, deeper(spec, factor).depth, mode, x, y)
            comparisons.append(comparison)
            row = attributes(comparison, *QUESTION.tables["copies"][1:])
            yield Rows.one("copies", row, factor=factor)
    evaluation, training = comparisons[-2:]
    yield identity_verdict(evaluation, network.depth)
    yield modes_verdict(training)
    deep = grafted(shallow, spec, settings.factor, x)
    ends = yield from _train(settings, network, deep, x, y)
    yield start_verdict(settings, deeper(spec, settings.factor).depth, ends)
    yield from diverged_verdict(ends)


def compare(
    shallow: nn.Module, deep: nn.Module, depth: int, mode: str, x: Tensor, y: Tensor
) -> Comparison:
    """Errors and predictions side by side; "training" has BN use each mini-batch's statistics."""
    first, second = (outputs(model, x, mode) for model in (shallow, deep))
    return Comparison(
        depth=depth,
        mode=mode,
        error=percent_wrong(second, y),
        shallow_error=percent_wrong(first, y),
        changed=int((first.argmax(1) != second.argmax(1)).sum()),
        difference=float((first - second).abs().max()),
        images=len(y),
    )


def outputs(model: nn.Module, x: Tensor, mode: str) -> Tensor:  # N, classes
    """The network's logits; its running statistics stay as they were."""
    return logits(copy.deepcopy(model).train(mode == "training"), x, BATCH)


def noisy_weights(deep: nn.Module, noise: float, seed: int) -> dict[str, Tensor]:
    """The grafted weights, plus noise of `noise` times each filter's length."""
    generator = torch.Generator().manual_seed(seed)
    weights = {name: tensor.detach().clone() for name, tensor in deep.state_dict().items()}
    return moved(weights, filter_normalised(deep, generator), noise)


def deep_experiment(settings: Settings, network: TrainedNetwork, noise: float | None) -> Experiment:
    """The network's recipe at the greater depth, short.

    From scratch (noise None) at its own rate, with warm-up and drops at the same shares of the
    training, the paper's where the drops were at plateaus. Near a solution such steps would
    only lead away from it, so there at a small constant rate.
    """
    own = network.experiment
    updates = settings.updates if noise is not None else settings.patience * settings.updates
    if own.schedule == "plateau":
        own = own.changed(schedule="milestones")
    drops = sorted({max(1, updates * drop // own.iterations) for drop in own.drops})
    warm = noise is None and own.warmup == "linear"
    return short_runs.shortened(
        own,
        updates,
        network=f"cifar/{network.family}-{deeper(network.cifar_spec, settings.factor).depth}",
        learning_rate=own.learning_rate if noise is None else settings.learning_rate,
        milestones=tuple(drops) if noise is None else (),
        warmup="linear" if warm else "none",
        warmup_iterations=max(1, updates * own.warmup_iterations // own.iterations) if warm else 0,
        evaluation_images=settings.images,
        seed=settings.seed,
    )


def _train(
    settings: Settings, network: TrainedNetwork, deep: nn.Module, x: Tensor, y: Tensor
) -> Generator[Event, None, list[End]]:
    total = settings.updates * (len(NOISES) + settings.patience)
    classes = len(network.dataset.classes)
    ends: list[End] = []

    def progress(iteration: int) -> Progress:
        return Progress(len(ends) * settings.updates + iteration, total)

    for noise in (*NOISES, None):
        experiment = deep_experiment(settings, network, noise)
        if noise is None:
            start = build(network.spec_of(experiment), experiment.seed).to(network.device)
        else:
            start = copy.deepcopy(deep)
            start.load_state_dict(noisy_weights(deep, noise, settings.seed))
        before = percent_wrong(outputs(start, x, "training"), y)
        columns: Row = {"start": SCRATCH if noise is None else f"{noise:g}", "noise": noise}
        events = short_runs.train(experiment, initial_weights=start.state_dict())
        final = yield from short_runs.train_alone(events, classes, columns, progress)
        ends.append(End(noise, before, final.train, final.diverged))
        yield Rows.one("ends", columns, vars(ends[-1]), updates=experiment.iterations)
    return ends
