"""A stack of blocks is asked to become a map that is known: when is F(x) + x the easier form?

Plain and residual stacks have the same parameters and the same initial values, and each form
has its best of the same few recipes (scale of the initial weights, learning rate): a form must
not lose for want of a learning rate that suits it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import torch
from torch import Tensor

from resnet_core.labs.events import Event, Progress, Row, Rows, Value, Verdict
from resnet_core.labs.microscope.question import Settings, Target
from resnet_core.labs.microscope.stacks import FORMS, Form, Momentum, Stack, initial

RATES = (0.1, 0.03, 0.01, 0.003, 0.001)  # deep plain stacks need the smallest
RECIPES = tuple(product((0.1, 1.0), RATES))  # gain of the initial weights, learning rate
LADDER = (1, 2, 5, 10, 20)  # blocks, in the comparison of depths
SHIFTED = "shifted"  # a plain stack that starts at I + W
SOLVED = 1e-6  # a relative loss below this is no error at all
RECORDS = 50  # of one race

_WORSE = 10.0  # times the loss of one block: suffers from depth
_AHEAD = 1.5  # times the other's loss: ahead
_DIVERGED = 1e6

Norms = Sequence[tuple[Tensor, Tensor]]  # a block: of F and of H, R each


@dataclass
class Entrant:
    """One form in a race: R = seeds x recipes stacks, and their losses so far."""

    stack: Stack
    optimizer: Momentum
    losses: Tensor = field(default_factory=lambda: torch.empty(0))  # seeds, recipes


@dataclass(frozen=True)
class Outcome:
    """A form's best recipe: its loss is the median over seeds; low and high are its range."""

    gain: float
    rate: float
    loss: float
    low: float
    high: float


def run(settings: Settings, subjects: Sequence[object] = ()) -> Iterator[Event]:
    """Race the forms at the chosen depth, then at the others, and say who won."""
    depths = [settings.depth, *(d for d in LADDER if d != settings.depth)]
    total, done = settings.steps * sum(depths), 0
    results: dict[int, dict[str, Outcome]] = {}
    verdicts: list[Verdict] = []
    for depth in depths:
        chosen = depth == settings.depth
        entrants = enter(settings, depth)
        before = {form: _norms(settings, entrants[form]) for form in FORMS}
        for step in race(settings, entrants):
            if chosen:
                yield Rows("race", race_rows(step, entrants))
            yield Progress(done + step * depth, total)
        done += settings.steps * depth
        results[depth] = {name: outcome(entrant.losses) for name, entrant in entrants.items()}
        yield Rows("depths", [_depth_row(depth, form, results[depth][form]) for form in FORMS])
        if chosen:
            yield Rows("norms", norm_rows(settings, entrants, before, "start"))
            after = {form: _norms(settings, entrants[form]) for form in FORMS}
            yield Rows("norms", norm_rows(settings, entrants, after, "end"))
            verdicts = about_one_layer(settings, entrants)
    yield winner(settings, results[settings.depth], size(settings))
    yield about_depth(results)
    yield from verdicts


# What is asked


def target_map(settings: Settings) -> Tensor:  # D, D; acts on rows, y = x T
    """The map T that the stack is to become."""
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
    """Random x with mean square 1; what comes to a block through a ReLU is not negative."""
    chance = torch.Generator().manual_seed(settings.seed + 1)
    x = torch.randn(settings.examples, settings.width, generator=chance)
    return x.abs() if settings.activation == "relu" else x


def relative_loss(y: Tensor, wanted: Tensor, x: Tensor) -> Tensor:  # R, N, D -> R
    """|y - T x|^2 / |x|^2, mean over the examples: 0.01 is an error of a tenth of x."""
    return (y - wanted).square().sum(2).mean(1) / x.square().sum(1).mean()


def size(settings: Settings) -> float:
    """The loss of answering 0 to everything."""
    x = inputs(settings)
    return float(relative_loss(torch.zeros_like(x)[None], x @ target_map(settings), x))


# The race


def enter(settings: Settings, depth: int) -> dict[str, Entrant]:
    """The forms with the same initial values; with one layer a branch, the shifted one, too."""
    entrants = {}
    for name in (*FORMS, SHIFTED) if settings.layers == 1 else FORMS:
        blocks = initial(
            depth,
            settings.layers,
            settings.width,
            settings.activation,
            torch.tensor([gain for gain, _ in RECIPES]),
            [settings.seed + number for number in range(settings.seeds)],
        )
        if name == SHIFTED:
            blocks = [[weight + torch.eye(settings.width) for weight in b] for b in blocks]
        form: Form = "residual" if name == "residual" else "plain"
        stack = Stack(form, settings.activation, blocks)
        for weight in stack.weights:
            weight.requires_grad_()
        rates = torch.tensor([rate for _, rate in RECIPES]).repeat(settings.seeds)
        entrants[name] = Entrant(stack, Momentum(stack.weights, rates))
    return entrants


def race(settings: Settings, entrants: Mapping[str, Entrant]) -> Iterator[int]:
    """One update each, in turn; tells the step at which losses were recorded."""
    x = inputs(settings)
    wanted = x @ target_map(settings)
    replicas = x.expand(settings.seeds * len(RECIPES), -1, -1)  # R, N, D
    every = max(1, settings.steps // RECORDS)
    for step in range(settings.steps + 1):
        for entrant in entrants.values():
            loss = relative_loss(entrant.stack(replicas), wanted, x)
            entrant.losses = loss.detach().view(settings.seeds, len(RECIPES))
            if step < settings.steps:
                # Half the squared error: the steepness for which the rates are chosen.
                objective = 0.5 * settings.width * loss.sum()
                weights = entrant.stack.weights
                entrant.optimizer.step(torch.autograd.grad(objective, weights))
        if step % every == 0 or step == settings.steps:
            yield step


def outcome(losses: Tensor) -> Outcome:
    """The recipe with the lowest median over seeds; one with a seed that diverged never is."""
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
            shown = [_shown(v) for v in (seeds.median(), seeds.min(), seeds.max())]
            middle, low, high = shown if bool(seeds.isfinite().all()) else (None, None, None)
            row: dict[str, Value] = {"form": name, "gain": gain, "rate": rate, "step": step}
            rows.append({**row, "loss": middle, "low": low, "high": high})
    return rows


def norm_rows(
    settings: Settings, entrants: Mapping[str, Entrant], norms: Mapping[Form, Norms], moment: str
) -> list[Row]:
    """||F(x)|| / ||x|| and ||H(x)|| / ||x|| by block: medians over seeds, best recipe."""
    rows: list[Row] = []
    for form in FORMS:
        found = outcome(entrants[form].losses)
        best = RECIPES.index((found.gain, found.rate))
        for block, pair in enumerate(norms[form], start=1):
            branch, mapping = (
                _shown(v.view(settings.seeds, len(RECIPES))[:, best].median()) for v in pair
            )
            row: dict[str, Value] = {"form": form, "moment": moment, "block": block}
            rows.append({**row, "branch": branch, "mapping": mapping})
    return rows


def _norms(settings: Settings, entrant: Entrant) -> Norms:
    return entrant.stack.norms(inputs(settings).expand(settings.seeds * len(RECIPES), -1, -1))


def _depth_row(depth: int, form: str, found: Outcome) -> Row:
    row: dict[str, Value] = {"depth": depth, "form": form, "gain": found.gain, "rate": found.rate}
    return {**row, "loss": found.loss, "low": found.low, "high": found.high}


def _shown(value: Tensor) -> float | None:
    number = float(value)
    return number if abs(number) < _DIVERGED else None  # nan and inf are not


# Verdicts


def winner(settings: Settings, found: Mapping[str, Outcome], nothing: float) -> Verdict:
    """Which form came nearer to the map."""
    plain, residual = found["plain"].loss, found["residual"].loss
    values = {"depth": settings.depth, "plain": plain, "residual": residual}
    if nothing > SOLVED and min(plain, residual) > 0.9 * nothing:
        return Verdict("neither", {**values, "steps": settings.steps, "nothing": nothing})
    if max(plain, SOLVED) > _AHEAD * max(residual, SOLVED):
        return Verdict("residual_wins", values)
    if max(residual, SOLVED) > _AHEAD * max(plain, SOLVED):
        return Verdict("plain_wins", values)
    return Verdict("draw", values)


def about_depth(results: Mapping[int, Mapping[str, Outcome]]) -> Verdict:
    """Which form does worse deep than with one block."""
    first, last = min(results), max(results)
    losses = {form: (results[first][form].loss, results[last][form].loss) for form in FORMS}
    hurt = [form for form in FORMS if losses[form][1] > _WORSE * max(losses[form][0], SOLVED)]
    which = "both" if len(hurt) == 2 else hurt[0] if hurt else "neither"
    values: dict[str, float | int] = {"deepest": last}
    for form, (one, deep) in losses.items():
        values |= {f"{form}_1": one, form: deep}
    return Verdict(f"depth_hurts_{which}", values)


def about_one_layer(settings: Settings, entrants: Mapping[str, Entrant]) -> list[Verdict]:
    """W x + x = (W + I) x: the same trajectory from I + W, and the same solution where convex."""
    if settings.layers > 1:
        return []
    found = [outcome(entrants[name].losses).loss for name in ("residual", SHIFTED)]
    said = [one_layer(*found)]
    if settings.depth == 1:
        plain, residual = (distance(settings, entrants[form]) for form in FORMS)
        reached = max(plain, residual) < 1e-3
        values = {"plain": plain, "residual": residual, "steps": settings.steps}
        said.append(Verdict("convex" if reached else "convex_missed", values))
    return said


def one_layer(residual: float, shifted: float) -> Verdict:
    """Whether the shifted plain stack ended where the residual one did, up to rounding."""
    gap = abs(residual - shifted)
    same = gap <= 1e-2 * max(residual, shifted) or gap <= SOLVED
    return Verdict("one_layer_same" if same else "one_layer_apart", {"gap": gap})


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
