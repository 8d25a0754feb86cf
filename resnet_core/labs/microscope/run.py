"""Plain and residual stacks of small blocks, trained on a known function.

Both have the same parameters and the same initial values, and each form has its best of the same
few recipes (scale of the initial weights, learning rate), so that none loses by its learning rate.
Many replicas are trained side by side: a replica is one stack, whose weights are one slice of every
tensor's first dimension, so that none affects another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import torch
from torch import Tensor

from resnet_core.labs.events import Event, Progress, Row, Rows, Verdict
from resnet_core.labs.microscope.question import Settings, Target
from resnet_core.labs.microscope.verdicts import (
    FORMS,
    SHIFTED,
    Form,
    Outcome,
    about_depth,
    control,
    convex,
    one_layer,
    winner,
)

RATES = (0.1, 0.03, 0.01, 0.003, 0.001)  # deep plain stacks need the smallest
RECIPES = tuple(product((0.1, 1.0), RATES))  # gain of the initial weights, learning rate
LADDER = (1, 2, 5, 10, 20)  # blocks, in the comparison of depths
RECORDS = 50  # of one race

_DIVERGED = 1e6

Norms = Sequence[tuple[Tensor, Tensor]]  # a block: of F and of H, R each


class Entrant:
    """One form in a race: R = seeds x recipes stacks, trained by SGD with momentum 0.9.

    Attributes:
        rates: every replica's learning rate, R.
        losses: the last ones, seeds x recipes.
    """

    def __init__(self, stack: Stack, rates: Tensor) -> None:
        self.stack = stack
        self.rates = rates[:, None, None]
        self.buffers = [torch.zeros_like(weight) for weight in stack.weights]
        self.losses = torch.empty(0)

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        tensors = zip(self.stack.weights, self.buffers, gradients, strict=True)
        for weight, buffer, gradient in tensors:
            buffer.mul_(0.9).add_(gradient)
            weight.sub_(self.rates * buffer)


def run(settings: Settings, networks: Sequence[object] = ()) -> Iterator[Event]:
    """Race the forms at the chosen depth, then at the others, and compare them."""
    depths = [settings.depth, *(d for d in LADDER if d != settings.depth)]
    total, steps = settings.steps * sum(depths), 0
    results: dict[int, dict[str, Outcome]] = {}
    verdicts: list[Verdict] = []
    for depth in depths:
        is_main = depth == settings.depth
        entrants = enter(settings, depth)
        before = {form: _norms(settings, entrants[form]) for form in FORMS}
        for step in race(settings, entrants):
            if is_main:
                yield Rows("race", race_rows(step, entrants))
            yield Progress(steps + step * depth, total)
        steps += settings.steps * depth
        results[depth] = {name: outcome(entrant.losses) for name, entrant in entrants.items()}
        outcomes = {name: vars(one) for name, one in results[depth].items()}
        yield Rows("depths", [{"depth": depth, "form": f, **row} for f, row in outcomes.items()])
        if is_main:
            yield Rows("norms", norm_rows(settings, entrants, before, "start"))
            after = {form: _norms(settings, entrants[form]) for form in FORMS}
            yield Rows("norms", norm_rows(settings, entrants, after, "end"))
            verdicts = about_one_layer(settings, entrants)
    first = winner(settings, results[settings.depth], zero_loss(settings))
    yield first
    if first.finding == "residual_wins" and settings.layers > 1:
        yield control(results[settings.depth])
    yield about_depth(results)
    yield from verdicts


# The stacks

Activation = Literal["linear", "relu"]
Branch = Sequence[Tensor]  # the layers of one F: R, D, D each


@dataclass(frozen=True)
class Stack:
    """Blocks of eq. 1, x -> f(F(x) + x), or the same without the shortcut, x -> f(F(x)).

    F is W_k f(... f(W_1 x)), without biases. After the last block there is no nonlinearity,
    so that an output of any sign can be reached.

    Attributes:
        blocks: the branches' layers, first block first; every tensor is R, D, D.
    """

    form: Form
    activation: Activation
    blocks: Sequence[Branch]

    def nonlinearity(self, x: Tensor) -> Tensor:
        return x.relu() if self.activation == "relu" else x

    def branch(self, x: Tensor, layers: Branch) -> Tensor:  # R, N, D -> R, N, D
        """F(x)."""
        for weight in layers[:-1]:
            x = self.nonlinearity(x @ weight)
        return x @ layers[-1]

    def mapping(self, x: Tensor, layers: Branch) -> Tensor:  # R, N, D -> R, N, D
        """H(x), before the nonlinearity."""
        if self.form == "residual":
            return self.branch(x, layers) + x
        return self.branch(x, layers)

    def __call__(self, x: Tensor) -> Tensor:  # R, N, D -> R, N, D
        for layers in self.blocks[:-1]:
            x = self.nonlinearity(self.mapping(x, layers))
        return self.mapping(x, self.blocks[-1])

    @property
    def weights(self) -> list[Tensor]:
        return [weight for layers in self.blocks for weight in layers]

    @torch.no_grad()
    def norms(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """||F(x)|| / ||x|| and ||H(x)|| / ||x|| of every block, R each."""
        ratios = []
        for layers in self.blocks:
            size = x.norm(dim=(1, 2)).clamp_min(torch.finfo(x.dtype).tiny)
            branch, mapping = self.branch(x, layers), self.mapping(x, layers)
            ratios.append((branch.norm(dim=(1, 2)) / size, mapping.norm(dim=(1, 2)) / size))
            x = self.nonlinearity(mapping)
        return ratios


def initial(settings: Settings, depth: int, gains: Tensor) -> list[list[Tensor]]:
    """Normal weights of R = seeds x gains replicas, each seed's draw the same under every gain.

    At gain 1 a plain layer keeps the size of its input: standard deviation
    sqrt(1 / D), and sqrt(2 / D) before a ReLU (He et al. 2015, eq. 10).
    """
    layers, width = settings.layers, settings.width
    std = math.sqrt((2 if settings.activation == "relu" else 1) / width)
    generators = [
        torch.Generator().manual_seed(settings.seed + number) for number in range(settings.seeds)
    ]
    draws = torch.stack(
        [torch.randn(depth, layers, width, width, generator=each) for each in generators]
    )  # seeds, blocks, layers, D, D
    scaled = std * gains[None, :, None, None, None, None] * draws[:, None]
    replicas = scaled.flatten(0, 1)  # R, blocks, layers, D, D
    return [
        [replicas[:, block, layer].clone() for layer in range(layers)] for block in range(depth)
    ]


# The target


def target_map(settings: Settings) -> Tensor:  # D, D; acts on rows, y = x T
    """The target function T, a matrix."""
    identity = torch.eye(settings.width)
    chance = torch.Generator().manual_seed(settings.seed)
    random = torch.randn(settings.width, settings.width, generator=chance) / settings.width**0.5
    maps: Mapping[Target, Tensor] = {
        "identity": identity,
        "near_identity": identity + 0.1 * random,
        "contraction": 0.5 * identity,
        "zero": 0 * identity,
        "negative": -identity,
        "random": random,
    }
    return maps[settings.target]


def inputs(settings: Settings) -> Tensor:  # N, D
    """Random x with mean square 1; behind a ReLU none is negative."""
    chance = torch.Generator().manual_seed(settings.seed + 1)
    x = torch.randn(settings.examples, settings.width, generator=chance)
    return x.abs() if settings.activation == "relu" else x


def relative_loss(y: Tensor, target: Tensor, x: Tensor) -> Tensor:  # R, N, D -> R
    """|y - T x|^2 / |x|^2, mean over the examples: 0.01 is an error of a tenth of x."""
    return (y - target).square().sum(2).mean(1) / x.square().sum(1).mean()


def zero_loss(settings: Settings) -> float:
    """The loss of the constant output 0."""
    x = inputs(settings)
    return float(relative_loss(torch.zeros_like(x)[None], x @ target_map(settings), x))


# The race


def enter(settings: Settings, depth: int) -> dict[str, Entrant]:
    """The forms with the same initial values, and as a control plain layers that begin at I + W."""
    entrants = {}
    for name in (*FORMS, SHIFTED):
        blocks = initial(settings, depth, torch.tensor([gain for gain, _ in RECIPES]))
        if name == SHIFTED:
            blocks = [[weight + torch.eye(settings.width) for weight in b] for b in blocks]
        form: Form = "residual" if name == "residual" else "plain"
        stack = Stack(form, settings.activation, blocks)
        for weight in stack.weights:
            weight.requires_grad_()
        rates = torch.tensor([rate for _, rate in RECIPES]).repeat(settings.seeds)
        entrants[name] = Entrant(stack, rates)
    return entrants


def race(settings: Settings, entrants: Mapping[str, Entrant]) -> Iterator[int]:
    """One update each, in turn; yield the steps at which losses were recorded."""
    x = inputs(settings)
    target = x @ target_map(settings)
    replicas = x.expand(settings.seeds * len(RECIPES), -1, -1)  # R, N, D
    every = max(1, settings.steps // RECORDS)
    for step in range(settings.steps + 1):
        for entrant in entrants.values():
            loss = relative_loss(entrant.stack(replicas), target, x)
            entrant.losses = loss.detach().view(settings.seeds, len(RECIPES))
            if step < settings.steps:
                # Half the squared error: the steepness for which the rates are chosen.
                objective = 0.5 * settings.width * loss.sum()
                entrant.step(torch.autograd.grad(objective, entrant.stack.weights))
        if step % every == 0 or step == settings.steps:
            yield step


def outcome(losses: Tensor) -> Outcome:
    """The recipe with the lowest median over seeds, among those of which no seed diverged."""
    finite = losses.nan_to_num(nan=_DIVERGED, posinf=_DIVERGED).clamp_max(_DIVERGED)
    medians = finite.median(dim=0).values
    medians = torch.where(finite.amax(0) < _DIVERGED, medians, torch.full_like(medians, _DIVERGED))
    best = int(medians.argmin())
    seeds = finite[:, best]
    gain, rate = RECIPES[best]
    return Outcome(gain, rate, float(seeds.median()), float(seeds.min()), float(seeds.max()))


# Rows


def race_rows(step: int, entrants: Mapping[str, Entrant]) -> list[Row]:
    """Every recipe's median over seeds, so that the best can be seen among them."""
    rows: list[Row] = []
    for name, entrant in entrants.items():
        for number, (gain, rate) in enumerate(RECIPES):
            seeds = entrant.losses[:, number]
            values = [_finite(v) for v in (seeds.median(), seeds.min(), seeds.max())]
            middle, low, high = values if bool(seeds.isfinite().all()) else (None, None, None)
            row: Row = {"form": name, "gain": gain, "rate": rate, "step": step, "loss": middle}
            rows.append({**row, "low": low, "high": high})
    return rows


def norm_rows(
    settings: Settings, entrants: Mapping[str, Entrant], norms: Mapping[Form, Norms], moment: str
) -> list[Row]:
    """||F(x)|| / ||x|| and ||H(x)|| / ||x|| by block: medians over seeds, best recipe."""
    rows: list[Row] = []
    for form in FORMS:
        best = outcome(entrants[form].losses)
        recipe = RECIPES.index((best.gain, best.rate))
        for block, pair in enumerate(norms[form], start=1):
            by_seed = (values.view(settings.seeds, len(RECIPES))[:, recipe] for values in pair)
            branch, mapping = (_finite(values.median()) for values in by_seed)
            row: Row = {"form": form, "moment": moment, "block": block, "branch": branch}
            rows.append({**row, "mapping": mapping})
    return rows


def _norms(settings: Settings, entrant: Entrant) -> Norms:
    return entrant.stack.norms(inputs(settings).expand(settings.seeds * len(RECIPES), -1, -1))


def _finite(value: Tensor) -> float | None:
    number = float(value)
    return number if abs(number) < _DIVERGED else None  # nan and inf are not


# One layer a branch


def about_one_layer(settings: Settings, entrants: Mapping[str, Entrant]) -> list[Verdict]:
    """W x + x = (W + I) x: the same trajectory from I + W, and the same solution where convex."""
    if settings.layers > 1:
        return []
    losses = [outcome(entrants[name].losses).loss for name in ("residual", SHIFTED)]
    verdicts = [one_layer(*losses)]
    if settings.depth == 1:
        plain, residual = (distance(settings, entrants[form]) for form in FORMS)
        verdicts.append(convex(plain, residual, settings.steps))
    return verdicts


def distance(settings: Settings, entrant: Entrant) -> float:
    """The best replica's largest distance from a weight of the least-squares solution.

    For one linear layer that is W = T, and W = T - I where x is added.
    """
    x = inputs(settings)
    solution = torch.linalg.lstsq(x, x @ target_map(settings)).solution
    (weight,) = entrant.stack.weights  # R, D, D
    if entrant.stack.form == "residual":
        solution = solution - torch.eye(settings.width)
    gaps = (weight.detach() - solution).abs().amax((1, 2)).nan_to_num(torch.inf)
    return float(gaps.min())
