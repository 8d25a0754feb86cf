"""Chains of one number a layer: how many steps does gradient descent need, by depth?

The paper conjectures (section 4.1) that deep plain nets have exponentially low convergence rates.
In one dimension Shamir (2019) proves it: a chain w_1 w_2 ... w_L from normal numbers needs steps
that grow exponentially with L. A residual chain is (1 + w_1) ... (1 + w_L).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from resnet_core.labs.convergence.question import Settings
from resnet_core.labs.convergence.verdicts import (
    FORMS,
    SHIFTED,
    Chain,
    best,
    by_depth,
    start_or_form,
)
from resnet_core.labs.events import Event, Progress, Row, Rows, finite

DEPTHS = (1, 2, 3, 5, 7, 10, 15, 20)  # layers
RATES = (0.3, 0.1, 0.03, 0.01)
TARGET = 1.1  # of the product, the same for every form
NEAR = 1e-3  # of the target: it is reached
_RECORDS = 60  # of a path
_PATH_STEPS = 600
_PATH_RATE = 0.03

Array = NDArray[np.float64]


def run(settings: Settings, networks: Sequence[object] = ()) -> Iterator[Event]:
    """Two layers, whose paths can be drawn; then every depth and form with every rate."""
    yield Rows("paths", path_rows(settings))
    depths = [depth for depth in DEPTHS if depth <= settings.deepest]
    names = (*FORMS, SHIFTED)
    chains: list[Chain] = []
    for number, depth in enumerate(depths, start=1):
        rows: list[Row] = []
        for form in names:
            starts = initial(form, settings, depth)
            for rate in RATES:
                needed = steps_needed(form, starts, rate, settings)
                chain = Chain(form, depth, rate, tuple(needed.tolist()))
                chains.append(chain)
                quartiles = (finite(chain.quantile(share)) for share in (0.5, 0.25, 0.75))
                row = dict(zip(("median", "low", "high"), quartiles, strict=True))
                counts = {"reached": chain.reached, "seeds": settings.seeds}
                rows.append({"form": form, "depth": depth, "rate": rate, **row, **counts})
        yield Rows("steps", rows)
        yield Progress(number, len(depths))
    yield by_depth({form: best(chains, form) for form in FORMS}, settings)
    yield start_or_form(chains, settings)


def initial(form: str, settings: Settings, depth: int) -> Array:  # seeds, L
    """Normal numbers for the plain chain, small ones for the residual one.

    The control is a plain chain that begins where the residual one does, at 1 + w.
    """
    draws = [np.random.default_rng(settings.seed + n) for n in range(settings.seeds)]
    normal = np.stack([draw.standard_normal(depth) for draw in draws])
    if form == "plain":
        return normal
    return settings.small * normal + (form == SHIFTED)


def factors(form: str, numbers: Array) -> Array:
    """Factors of the layers: w, or 1 + w."""
    return numbers + 1 if form == "residual" else numbers


def gradient(form: str, numbers: Array) -> Array:  # seeds, L -> seeds, L
    """Of half the squared distance of the product from the target.

    The derivative of a product by one factor is the product of the others, from both sides: a
    division would fail at 0.
    """
    layers = factors(form, numbers)
    one = np.ones_like(layers[:, :1])
    before = np.cumprod(np.hstack([one, layers[:, :-1]]), axis=1)
    after = np.cumprod(np.hstack([one, layers[:, :0:-1]]), axis=1)[:, ::-1]
    return (layers.prod(axis=1, keepdims=True) - TARGET) * before * after


def steps_needed(form: str, starts: Array, rate: float, settings: Settings) -> Array:
    """The first step after which each chain's product is near the target; inf where none is."""
    numbers = starts.copy()
    needed = np.full(len(numbers), np.inf)
    active = np.arange(len(numbers))
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(settings.steps + 1):
            products = factors(form, numbers).prod(axis=1)
            near = np.abs(products - TARGET) < NEAR
            needed[active[near]] = step
            going_on = np.isfinite(products) & ~near
            active, numbers = active[going_on], numbers[going_on]
            if not len(active) or step == settings.steps:
                break
            numbers = updated(form, numbers, rate, settings.decay)
    return needed


def updated(form: str, numbers: Array, rate: float, decay: float) -> Array:
    """One step; weight decay pulls w to 0: a plain layer to 0, a residual one to the identity."""
    return numbers - rate * (gradient(form, numbers) + decay * numbers)


def path_rows(settings: Settings) -> list[Row]:
    """The factors of a chain of two layers on their way, a path a form, at one rate."""
    rows: list[Row] = []
    every = _PATH_STEPS // _RECORDS
    for form in (*FORMS, SHIFTED):
        numbers = initial(form, settings, 2)[:1]
        for step in range(_PATH_STEPS + 1):
            if step % every == 0:
                first, second = factors(form, numbers)[0].tolist()
                columns: Row = {"form": form, "rate": _PATH_RATE, "step": step}
                rows.append({**columns, "first": finite(first), "second": finite(second)})
            numbers = updated(form, numbers, _PATH_RATE, settings.decay)
    return rows
