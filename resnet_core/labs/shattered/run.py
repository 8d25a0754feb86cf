"""Gradients along a line of inputs, by depth, plain and residual, at initialisation.

After Balduzzi et al. 2017: fully connected layers with He's initial values, the gradient of a
unit with respect to the place on the line, and its autocorrelation from place to place.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import product
from statistics import fmean

import torch
from torch import Tensor

from resnet_core.labs.events import Event, Progress, Rows, finite
from resnet_core.labs.microscope.verdicts import FORMS, Form
from resnet_core.labs.shattered.question import Settings
from resnet_core.labs.shattered.verdicts import verdicts

NOISES = ("white", "brown")
SHALLOW = 2  # layers of the network beside the deep ones
MOST_LAGS = 30  # inputs from one to the other

_REACH = 2.0  # the line runs from -2 to 2, as in the paper
_EPS = 1e-5  # BN's


def run(settings: Settings, networks: Sequence[object] = ()) -> Iterator[Event]:
    """Measure both forms with the same weights, seed by seed, and the two noises."""
    neighbouring: dict[tuple[Form, bool], list[Tensor]] = {}
    noises: dict[str, list[float]] = {noise: [] for noise in NOISES}
    for number in range(settings.seeds):
        seed = settings.seed + number
        generator = torch.Generator().manual_seed(seed)
        for noise, series in noise_series(settings, generator).items():
            noises[noise].append((yield from _series(settings, noise, series, number)))
        weights, start, direction = drawn(settings, generator)
        for form, batch_norm in product(FORMS, (True, False)):
            kind = settings.model_copy(update={"batch_norm": batch_norm})
            tangents = gradients_along(form, kind, weights, start, direction)
            correlations = neighbours(tangents)
            neighbouring.setdefault((form, batch_norm), []).append(correlations)
            columns = {"form": form, "batch_norm": batch_norm, "seed": seed}
            rows = [
                {**columns, "depth": depth, "correlation": finite(value)}
                for depth, value in enumerate(correlations.tolist(), start=1)
            ]
            yield Rows("depths", rows)
            if batch_norm == settings.batch_norm:
                for depth in sorted({min(SHALLOW, settings.depth), settings.depth}):
                    yield from _series(settings, f"{form}-{depth}", tangents[depth - 1], number)
        yield Progress(number + 1, settings.seeds)
    curves = {key: torch.stack(seeds) for key, seeds in neighbouring.items()}
    means = {noise: fmean(values) for noise, values in noises.items()}
    yield from verdicts(curves, means, settings)


# The networks


def drawn(settings: Settings, generator: torch.Generator) -> tuple[list[Tensor], Tensor, Tensor]:
    """He's initial weights (each D, D), a point of the line and its direction (D each)."""
    width = settings.width
    start, direction = torch.randn(2, width, generator=generator)
    scale = (2 / width) ** 0.5
    weights = [
        scale * torch.randn(width, width, generator=generator) for _ in range(settings.depth)
    ]
    return weights, start, direction


def gradients_along(
    form: Form, settings: Settings, weights: Sequence[Tensor], start: Tensor, direction: Tensor
) -> list[Tensor]:
    """The gradient of every unit with respect to the place on the line, by layer; N, D each."""
    places = torch.linspace(-_REACH, _REACH, settings.points)[:, None]
    x = start + places * direction  # N, D
    gradient = direction.expand_as(x)
    gradients = []
    for weight in weights:
        x, gradient = layer(form, x, gradient, weight, settings.batch_norm)
        gradients.append(gradient)
    return gradients


def layer(
    form: Form, x: Tensor, gradient: Tensor, weight: Tensor, batch_norm: bool
) -> tuple[Tensor, Tensor]:
    """x_l = f(BN(x_{l-1})) W, with x_{l-1} added in the residual form, and its gradient.

    The gradient goes through by the chain rule, from the input on. BN's mean and deviation
    are those over the line, taken as constants.
    """
    deviation, mean = torch.ones(()), torch.zeros(())
    if batch_norm:
        deviation, mean = torch.std_mean(x, dim=0, correction=0)
        deviation = deviation + _EPS
    inner = (x - mean) / deviation
    branch = inner.relu() @ weight
    branch_gradient = ((inner > 0) * gradient / deviation) @ weight
    if form == "residual":
        return branch + x, branch_gradient + gradient
    return branch, branch_gradient


def autocorrelation(series: Tensor, most_lags: int) -> Tensor:  # N, D -> lags + 1, D
    """Correlation of a series with itself, so many places on; 1 at lag 0.

    The usual estimator: sums of products of deviations from the series' mean, over their
    sum of squares; 1 for a constant series.
    """
    deviations = series - series.mean(0)
    count = len(series)
    sums = [(deviations[: count - k] * deviations[k:]).sum(0) for k in range(most_lags + 1)]
    return torch.where(sums[0] == 0, 1.0, torch.stack(sums) / sums[0])


def neighbours(tangents: Sequence[Tensor]) -> Tensor:
    """The correlation of the gradients of neighbouring inputs, mean over units, by layer.

    Of a layer whose gradients overflowed it is nan.
    """
    return torch.stack([autocorrelation(series, 1)[1].mean() for series in tangents])


def noise_series(settings: Settings, generator: torch.Generator) -> dict[str, Tensor]:
    """White noise, and brown noise, which is its running sum; N, D each."""
    white = torch.randn(settings.points, settings.width, generator=generator)
    return {"white": white, "brown": white.cumsum(0)}


# Rows


def _series(
    settings: Settings, name: str, series: Tensor, number: int
) -> Generator[Event, None, float]:
    """The autocorrelation and, for the first seed, the first unit's gradient itself.

    Returns the correlation of neighbours.
    """
    if number == 0:
        shape = series[:, 0] / series[:, 0].std().clamp_min(1e-30)  # unit scale
        places = torch.linspace(-_REACH, _REACH, settings.points).tolist()
        gradients = zip(places, map(finite, shape.tolist()), strict=True)
        rows = [{"series": name, "place": place, "gradient": value} for place, value in gradients]
        yield Rows("gradients", rows)
    correlations = autocorrelation(series, MOST_LAGS).mean(1).tolist()
    columns = {"series": name, "seed": settings.seed + number}
    lags = enumerate(correlations)
    rows = [{**columns, "lag": lag, "correlation": finite(value)} for lag, value in lags]
    yield Rows("autocorrelation", rows)
    return correlations[1]
