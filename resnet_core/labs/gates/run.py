"""The gates of highway networks: trained ones, and one that is trained on the spot.

y = T H + (1 - T) x: the transform gate T is what the branch gets, 1 - T what is left of the
shortcut. Gates are measured in evaluation mode, float32. During the training on the spot BN
has the statistics of the very images measured on, see `twins.normalising`, as the running
ones are not yet those of the weights; a trained network keeps its own.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from resnet_core.data import augment
from resnet_core.data.dataset import ImageSet, class_order
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import ONE_MINUTE
from resnet_core.labs.events import Event, Progress, Rows, Value
from resnet_core.labs.gates import question
from resnet_core.labs.gates.verdicts import Gate, diverged, verdict
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import columns, initial_network, short_runs
from resnet_core.labs.tools.chain import Chain
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.blocks import HighwayBlock
from resnet_core.networks.initialization import GATE_BIAS
from resnet_core.telemetry.events import Diverged, Stepped
from resnet_core.training.loop import train
from resnet_core.training.session import Session

_MOMENTS = 25  # of the training at which the gates are measured
_CLOSED = 0.1  # a single gate with less of x than this left
_QUANTILES = (0.1, 0.9)


@torch.no_grad()
def gates(network: Chain, images: Tensor) -> Iterator[Gate]:
    """Every block's gate, over its channels and pixels and the images."""
    x = network.stem(images)
    for name, block in network.blocks:
        transform = cast(HighwayBlock, block).transform(x)  # T(x): B, C, H, W
        low, high = (float(torch.quantile(_some(transform), q)) for q in _QUANTILES)
        closed = float((1 - transform < _CLOSED).float().mean())
        yield Gate(name, float(transform.mean()), low, high, closed)
        x = block(x)


def _some(values: Tensor, most: int = 1_000_000) -> Tensor:
    """Evenly spaced ones of the values, as torch sorts no more than 16 million for a quantile."""
    flat = values.flatten()
    return flat[:: max(1, math.ceil(len(flat) / most))]


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """The trained networks' gates, then those of the network that is trained on the spot."""
    asked = cast(question.Settings, settings)
    for subject in subjects:
        images, _ = subject.test_images(asked.images)
        found = list(gates(Chain.of(subject.model()), images))
        iterations = subject.experiment.iterations
        yield Rows("gates", _rows(columns.of(subject), iterations, found))
        start = _logistic(GATE_BIAS)
        yield verdict(subject.label, iterations, [1 - start] * len(found), found)
    yield from _live(asked)


def experiment(settings: question.Settings) -> Experiment:
    """The one-minute recipe, shortened: its warm-up and drops where they are in the minute."""
    share = settings.iterations / ONE_MINUTE["iterations"]
    drops = {max(1, round(share * drop)) for drop in ONE_MINUTE["milestones"]}
    changed = {
        "network": f"cifar/highway-{settings.depth}",
        "iterations": settings.iterations,
        "warmup_iterations": max(1, round(share * ONE_MINUTE["warmup_iterations"])),
        "milestones": tuple(sorted(drops)),
        "record_every": settings.iterations,
        "evaluate_every": settings.iterations,
        "audit_every": 0,
        "precision": "fp32",
        "seed": settings.seed,
    }
    return Experiment.create(**{**ONE_MINUTE, **changed})


def _live(settings: question.Settings) -> Iterator[Event]:
    plan = experiment(settings)
    session = Session(plan, short_runs.dataset(plan))
    open_gates(session.state.model, settings.gate_bias)
    images = _images(session, settings.images)
    label = f"highway-{settings.depth} (live)"
    who: dict[str, Value] = {
        "run": "live",
        "label": label,
        "family": "highway",
        "depth": settings.depth,
    }
    every = max(1, plan.iterations // _MOMENTS)
    session.state.sync_at = range(0, plan.iterations, every)
    first = found = _now(session.state.model, images)
    yield Rows("gates", _rows(who, 0, first))
    for event in train(session):
        if isinstance(event, Diverged):
            yield diverged(label, event.iteration)
            return
        done = event.iteration if isinstance(event, Stepped) else 0
        if done and (done % every == 0 or done == plan.iterations):
            found = _now(session.state.model, images)
            yield Rows("gates", _rows(who, done, found))
            yield Progress(done, plan.iterations)
    yield verdict(label, plan.iterations, [gate.carry for gate in first], found)


@torch.no_grad()
def open_gates(model: nn.Module, bias: float) -> None:
    """Set the bias of every gate: T = sigmoid(bias) where its weights say nothing."""
    for module in model.modules():
        if isinstance(module, HighwayBlock):
            module.gate.get_parameter("bias").fill_(bias)


def _now(model: nn.Module, images: Tensor) -> list[Gate]:
    """Of a network in training, which notices nothing."""
    return list(gates(Chain.of(initial_network.normalising(copy.deepcopy(model), images)), images))


def _images(session: Session, count: int) -> Tensor:
    """Test images, as many of each class, as the network sees them: B, C, H, W."""
    test = session.state.data.test
    assert isinstance(test, ImageSet)  # no network for ImageNet has gates
    chosen = test.take(class_order(test.labels, equal=True)[:count])
    pixels, _ = augment.as_tensors(chosen, session.state.execution.device)
    return augment.centred(pixels, session.state.batches.mean)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _rows(who: dict[str, Value], iteration: int, found: Sequence[Gate]) -> list[dict[str, Value]]:
    return [
        {**who, "iteration": iteration, "place": place, **vars(gate), "carry": gate.carry}
        for place, gate in enumerate(found, start=1)
    ]
