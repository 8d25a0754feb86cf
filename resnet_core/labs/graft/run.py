"""Trained networks deepened by identity blocks, and trainings from there.

Training begins at the constructed solution, with noise of growing size added to all weights, each
filter in proportion to its own length, or from scratch; as a control, from scratch in the other
form. All have the same rate, updates and images, and the same seeds.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator, Sequence

import torch
from torch import Tensor, nn

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Event, Row, Rows, attributes
from resnet_core.labs.graft.question import QUESTION, Settings
from resnet_core.labs.graft.verdicts import (
    CONTROL,
    SCRATCH,
    Comparison,
    End,
    control_verdict,
    diverged_verdict,
    identity_verdict,
    modes_verdict,
    start_verdict,
)
from resnet_core.labs.landscape.run import filter_normalised, moved
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.derived_networks import deeper, grafted
from resnet_core.labs.tools.short_runs import FinalErrors, ShortRun
from resnet_core.labs.tools.trained_network import TrainedNetwork, logits, percent_wrong
from resnet_core.networks.catalog import build

FACTORS = (1, 2, 3)  # depth multipliers that are compared; 1: the network itself
NOISES = (0.0, 0.5)  # times each filter's length
BATCH = 128  # images, where BN uses their own statistics


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Graft and compare, then train from the grafted start, with noise, and from scratch."""
    (network,) = networks
    shallow, spec = network.model(), network.cifar_spec
    x, y = network.train_images(settings.images)
    comparisons: dict[int, list[Comparison]] = {}
    for factor in sorted({*FACTORS, settings.factor}):
        deep = grafted(shallow, spec, factor, x)
        for mode in ("evaluation", "training"):
            comparison = compare(shallow, deep, deeper(spec, factor).depth, mode, x, y)
            comparisons.setdefault(factor, []).append(comparison)
            row = attributes(comparison, *QUESTION.tables["copies"][1:])
            yield Rows.one("copies", row, factor=factor)
    evaluation, training = comparisons[settings.factor]
    yield identity_verdict(evaluation, network.depth)
    yield modes_verdict(training)
    deep = grafted(shallow, spec, settings.factor, x)
    ends = yield from _train(settings, network, deep, x, y)
    depth = deeper(spec, settings.factor).depth
    yield start_verdict(settings, depth, training.error, ends)
    yield control_verdict(settings, depth, network.family, ends)
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


def deep_experiment(
    settings: Settings, network: TrainedNetwork, family: str, seed: int
) -> Experiment:
    """The network's recipe at the greater depth, short; the same for every start.

    Warm-up and drops are at the same shares of the training, where the drops were at plateaus at
    the paper's.
    """
    own, updates = network.experiment, settings.updates
    if own.schedule == "plateau":
        own = own.changed(schedule="milestones")
    drops = sorted({max(1, updates * drop // own.iterations) for drop in own.drops})
    warm = own.warmup == "linear"
    return short_runs.shortened(
        own,
        updates,
        network=f"cifar/{family}-{deeper(network.cifar_spec, settings.factor).depth}",
        learning_rate=settings.learning_rate,
        milestones=tuple(drops),
        warmup="linear" if warm else "none",
        warmup_iterations=max(1, updates * own.warmup_iterations // own.iterations) if warm else 0,
        evaluation_images=settings.images,
        seed=seed,
    )


def control_family(family: str) -> str:
    """The other form: shortcuts for a plain network, none for others."""
    return "resnet" if family == "plain" else "plain"


def _train(
    settings: Settings, network: TrainedNetwork, deep: nn.Module, x: Tensor, y: Tensor
) -> Generator[Event, None, list[End]]:
    """Train from every start with every seed; those that are compared alternate."""
    runs = []
    for number in range(settings.seeds):
        seed = settings.seed + number
        for start in (SCRATCH, CONTROL, *NOISES):
            family = control_family(network.family) if start == CONTROL else network.family
            experiment = deep_experiment(settings, network, family, seed)
            if isinstance(start, float):
                model = copy.deepcopy(deep)
                model.load_state_dict(noisy_weights(deep, start, seed))
            else:
                model = build(network.spec_of(experiment), seed).to(network.device)
            columns: Row = {
                "start": f"{start:g}" if isinstance(start, float) else start,
                "noise": start if isinstance(start, float) else None,
                "family": family,
                "seed": seed,
            }
            before = percent_wrong(outputs(model, x, "training"), y)
            run = short_runs.ShortRun(
                experiment,
                columns,
                initial_weights=model.state_dict(),
                classes=len(network.dataset.classes),
            )
            runs.append((run, before))
    ends: list[End] = []
    befores = {id(run): before for run, before in runs}

    def ended(run: ShortRun, final: FinalErrors) -> Iterator[Rows]:
        end = End(str(run.columns["start"]), befores[id(run)], final.train, final.diverged)
        ends.append(end)
        errors = attributes(end, "before", "after", "diverged")
        yield Rows.one("ends", run.columns, errors, updates=settings.updates)

    yield from short_runs.train_together(
        [run for run, _ in runs], lambda event: {"loss": event.loss}, ended
    )
    return ends
