"""The gates of highway networks: trained ones, and one that the laboratory trains.

y = T H + (1 - T) x: the transform gate T weighs the branch, 1 - T the shortcut. Gates are
measured in evaluation mode, float32. During the laboratory's own training BN has the statistics
of the very images measured on, as the running ones are not yet those of the weights; a trained
network keeps its own.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import ONE_MINUTE, PHOTOGRAPHS
from resnet_core.labs.events import Event, Progress, Row, Rows, finite
from resnet_core.labs.gates.question import Settings
from resnet_core.labs.gates.verdicts import Gate, diverged, verdict
from resnet_core.labs.tools.chain import Chain
from resnet_core.labs.tools.derived_networks import initial_network, set_batch_statistics
from resnet_core.labs.tools.trained_network import TrainedNetwork, standard_error
from resnet_core.networks.blocks import HighwayBlock
from resnet_core.telemetry.events import Diverged, Stepped
from resnet_core.training.loop import train
from resnet_core.training.session import Session

_MOMENTS = 25  # of the training at which the gates are measured
_CLOSED = 0.1  # a single gate with less of x than this left
_QUANTILES = (0.1, 0.9)


@torch.no_grad()
def gates(chain: Chain, images: Tensor) -> Iterator[Gate]:
    """Every block's gate, over its channels and pixels and the images."""
    x = chain.stem(images)
    for name, block in chain.blocks:
        transform = cast(HighwayBlock, block).transform(x)  # T(x): B, C, H, W
        low, high = (float(torch.quantile(_subset(transform), q)) for q in _QUANTILES)
        closed = float((1 - transform < _CLOSED).float().mean())
        error = finite(standard_error(transform.flatten(1).mean(dim=1))) or 0.0
        yield Gate(name, float(transform.mean()), low, high, closed, error)
        x = block(x)


def _subset(values: Tensor, most: int = 1_000_000) -> Tensor:
    """Evenly spaced ones of the values, as torch sorts no more than 16 million for a quantile."""
    flat = values.flatten()
    return flat[:: max(1, math.ceil(len(flat) / most))]


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """The trained networks' gates, then those of the network that is trained here."""
    for network in networks:
        images, _ = network.test_images(settings.images)
        measured = list(gates(Chain.of(network.model()), images))
        yield Rows("gates", _rows(network.columns, network.iteration, measured))
        start = list(gates(Chain.of(initial_network(network, images)), images))
        yield verdict(network.label, network.iteration, start, measured)
    yield from _train(settings)


def experiment(settings: Settings) -> Experiment:
    """The recipe of the networks on record, shortened, warm-up and drops at the same shares."""
    recipe = PHOTOGRAPHS if settings.data == "photographs" else ONE_MINUTE
    share = settings.iterations / recipe["iterations"]
    drops = {max(1, round(share * drop)) for drop in recipe["milestones"]}
    changed = {
        "network": f"cifar/highway-{settings.depth}",
        "iterations": settings.iterations,
        "warmup_iterations": max(1, round(share * recipe["warmup_iterations"])),
        "milestones": tuple(sorted(drops)),
        "record_every": settings.iterations,
        "evaluate_every": settings.iterations,
        "audit_every": 0,
        "precision": "fp32",
        "seed": settings.seed,
    }
    return Experiment.create(**{**recipe, **changed})


def _train(settings: Settings) -> Iterator[Event]:
    recipe = experiment(settings)
    label = f"highway-{settings.depth} (live)"
    live = TrainedNetwork("live", label, "highway", settings.depth, recipe, weights={})
    session = Session(recipe, live.dataset)
    open_gates(session.state.model, settings.gate_bias)
    images, _ = live.test_images(settings.images)
    every = max(1, recipe.iterations // _MOMENTS)
    session.state.sync_at = range(0, recipe.iterations, every)
    start = measured = _measure(session.state.model, images)
    yield Rows("gates", _rows(live.columns, 0, start))
    for event in train(session):
        if isinstance(event, Diverged):
            yield diverged(label, event.iteration)
            return
        iteration = event.iteration if isinstance(event, Stepped) else 0
        if iteration and (iteration % every == 0 or iteration == recipe.iterations):
            measured = _measure(session.state.model, images)
            yield Rows("gates", _rows(live.columns, iteration, measured))
            yield Progress(iteration, recipe.iterations)
    yield verdict(label, recipe.iterations, start, measured)


@torch.no_grad()
def open_gates(model: nn.Module, bias: float) -> None:
    """Set the bias of every gate: T = sigmoid(bias) where its weights are 0."""
    for module in model.modules():
        if isinstance(module, HighwayBlock):
            module.gate.get_parameter("bias").fill_(bias)


def _measure(model: nn.Module, images: Tensor) -> list[Gate]:
    """Measure a copy, so that the network in training stays as it is."""
    return list(gates(Chain.of(set_batch_statistics(copy.deepcopy(model), images)), images))


def _rows(network: Row, iteration: int, measured: Sequence[Gate]) -> list[Row]:
    return [
        {**network, "iteration": iteration, "place": place, **vars(gate), "carry": gate.carry}
        for place, gate in enumerate(measured, start=1)
    ]
