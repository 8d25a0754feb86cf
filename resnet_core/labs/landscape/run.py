"""The loss over a plane of weights through a trained network, from coarse to fine.

The plane is spanned by two random filter-normalised directions (Li et al. 2018, section 4).
BN is in evaluation mode, with the network's own running statistics, as in their figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.labs.events import Event, Progress, Row, Rows, Value, attributes, finite
from resnet_core.labs.landscape.question import Settings
from resnet_core.labs.landscape.verdicts import Surface, verdicts
from resnet_core.labs.tools.intervals import spread
from resnet_core.labs.tools.trained_network import (
    TrainedNetwork,
    logits,
    percent_wrong,
    standard_error,
)

LEVELS = (5, 21, 41)  # points a side; each grid contains the one before
FINEST = LEVELS[-1]
BATCH = 256  # images

_CHUNK = 8  # points in one event
_BENT = 0.1  # of the strongest curvature: more downwards than this is no bowl

Place = tuple[int, int]  # on the finest grid; (20, 20) is the network itself
Floats = NDArray[np.float64]


def filter_normalised(model: nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """A random direction, each filter of which is as long as the network's (Li et al. 2018, 4).

    A filter computes one output channel: a slice C, k, k of a convolution, a row of the
    classifier. Without this a network with large weights, which BN makes equivalent to small
    ones, would look flatter. BN's scales and shifts and all biases stay where they are: their
    part of the direction is 0, as in the paper's figures.

    Returns:
        float32 on the network's device, by parameter name, of the parameters' shapes.
    """
    return {
        name: _like(weight.detach(), generator).to(weight.device)
        for name, weight in model.named_parameters()
    }


def moved(
    weights: Mapping[str, Tensor], direction: Mapping[str, Tensor], length: float
) -> dict[str, Tensor]:
    """weights + length x direction, for the weights that the direction names."""
    return {
        name: tensor + length * direction[name] if name in direction else tensor
        for name, tensor in weights.items()
    }


def _like(weight: Tensor, generator: torch.Generator) -> Tensor:
    if weight.dim() < 2:
        return torch.zeros(weight.shape)
    drawn = torch.randn(weight.shape, generator=generator)
    sizes = weight.flatten(1).norm(dim=1).cpu()
    factors = sizes / drawn.flatten(1).norm(dim=1)
    return drawn * factors.view(-1, *[1] * (weight.dim() - 1))


@dataclass(frozen=True)
class Height:
    """The loss at one place: mean over the images and its standard error, nats; percent wrong."""

    loss: float
    uncertainty: float
    error: float


class Plane:
    """weights + x direction_1 + y direction_2; every place is computed once.

    Attributes:
        heights: by the places computed so far.
    """

    def __init__(self, network: TrainedNetwork, settings: Settings) -> None:
        self.model = network.model()
        self.images, self.labels = network.train_images(settings.images)
        generator = torch.Generator().manual_seed(settings.seed)
        first, second = (filter_normalised(self.model, generator) for _ in range(2))
        self._weights = [
            (parameter, parameter.detach().clone(), first[name], second[name])
            for name, parameter in self.model.named_parameters()
            if parameter.dim() > 1  # the others stay
        ]
        self._step = settings.reach / (FINEST // 2)
        self.heights: dict[Place, Height] = {}

    def at(self, place: Place) -> Height:
        if place not in self.heights:
            self.heights[place] = self._height(*self.coordinates(place))
        return self.heights[place]

    def coordinates(self, place: Place) -> tuple[float, float]:
        """Coordinates in filters' lengths; (0, 0) is the network."""
        x, y = place
        return (x - FINEST // 2) * self._step, (y - FINEST // 2) * self._step

    @torch.inference_mode()
    def _height(self, x: float, y: float) -> Height:
        for parameter, weight, first, second in self._weights:
            parameter.copy_(weight + x * first + y * second)
        outputs = logits(self.model, self.images, BATCH)
        losses = functional.cross_entropy(outputs, self.labels, reduction="none")
        error = percent_wrong(outputs, self.labels)
        return Height(float(losses.mean()), standard_error(losses), error)


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Two lines through each network, then the surfaces, all networks at every place in turn."""
    planes = [Plane(network, settings) for network in networks]
    grid = levels(settings.resolution, settings.seed)
    places = {place for level in grid for place in level} | set(axes())
    total = len(places) * len(planes)
    for network, plane in zip(networks, planes, strict=True):
        yield _network_row(network, plane)
    for place in axes():
        for network, plane in zip(networks, planes, strict=True):
            yield _line_rows(network, plane, place)
        yield Progress(_evaluations(planes), total)
    for level in grid:
        for start in range(0, len(level), _CHUNK):
            chunk = level[start : start + _CHUNK]
            for network, plane in zip(networks, planes, strict=True):
                yield Rows("surface", [_surface_row(network, plane, level, p) for p in chunk])
            yield Progress(_evaluations(planes), total)
    yield from verdicts([described(s, p, settings) for s, p in zip(networks, planes, strict=True)])


def axes() -> list[Place]:
    """The two lines through the network, from the middle outwards."""
    middle = FINEST // 2
    along = sorted(range(FINEST), key=lambda place: abs(place - middle))
    return [(middle, middle)] + [
        place for at in along if at != middle for place in ((at, middle), (middle, at))
    ]


def levels(resolution: int, seed: int) -> list[list[Place]]:
    """The places of every grid up to this resolution that no coarser one has.

    5 points a side are every tenth of the finest, 21 every second: no point is computed
    twice. Within a grid the order is random, so that all of the picture sharpens at once.
    """
    random = np.random.default_rng(seed)
    coarser: set[Place] = set()
    grids = []
    for points in LEVELS[: LEVELS.index(resolution) + 1]:
        steps = range(0, FINEST, (FINEST - 1) // (points - 1))
        fresh = [(x, y) for x in steps for y in steps if (x, y) not in coarser]
        coarser |= set(fresh)
        grids.append([fresh[i] for i in random.permutation(len(fresh))])
    return grids


# The shape of a surface


def described(network: TrainedNetwork, plane: Plane, settings: Settings) -> Surface:
    """The surface on the grid of the requested resolution."""
    steps = range(0, FINEST, (FINEST - 1) // (settings.resolution - 1))
    losses = np.array([[plane.heights[x, y].loss for x in steps] for y in steps])
    losses = np.nan_to_num(losses, nan=1e6, posinf=1e6)
    own, guessing, bowls = plane.heights[axes()[0]], _guessing(network), bowl(losses)
    return Surface(
        label=network.label,
        family=network.family,
        loss=own.loss,
        uncertainty=own.uncertainty,
        guessing=guessing,
        images=len(plane.labels),
        convex=100 * float(bowls.mean()),
        convex_error=100 * spread([float(part.mean()) for part in quarters(bowls)]),
        basin=100 * float((losses < guessing).mean()),
        minima=minima(losses),
    )


def bowl(losses: Floats) -> NDArray[np.bool_]:  # N, N -> N - 2, N - 2
    """Places at which the smaller curvature within the plane is not clearly negative.

    Li et al. (Fig. 7) take the eigenvalues of the whole Hessian; these are of the plane's 2x2 part.
    """
    xx = losses[1:-1, 2:] - 2 * losses[1:-1, 1:-1] + losses[1:-1, :-2]
    yy = losses[2:, 1:-1] - 2 * losses[1:-1, 1:-1] + losses[:-2, 1:-1]
    xy = (losses[2:, 2:] - losses[2:, :-2] - losses[:-2, 2:] + losses[:-2, :-2]) / 4
    middle, spread = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    least, most = middle - spread, middle + spread
    return least > -_BENT * np.maximum(np.abs(least), np.abs(most))


def quarters(plane: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """The four quarters of a square; their common lines belong to the last ones."""
    middle = len(plane) // 2
    halves = (slice(None, middle), slice(middle, None))
    return [plane[rows, columns] for rows in halves for columns in halves]


def minima(losses: Floats) -> int:
    """Inner places lower than all eight around them."""
    squares = sliding_window_view(losses, (3, 3)).reshape(len(losses) - 2, len(losses) - 2, 9)
    around = np.delete(squares, 4, axis=2)
    return int((losses[1:-1, 1:-1, None] < around).all(axis=2).sum())


# Rows


def _network_row(network: TrainedNetwork, plane: Plane) -> Rows:
    own, images = plane.at(axes()[0]), len(plane.labels)
    columns = {**_subject(network), **attributes(network, "label", "family", "depth")}
    values = {"uncertainty": finite(own.uncertainty), "images": images}
    return Rows.one("networks", columns, _height(own), values, guessing=_guessing(network))


def _line_rows(network: TrainedNetwork, plane: Plane, place: Place) -> Rows:
    """Rows of one place; the middle is on both lines."""
    height, coordinates = plane.at(place), plane.coordinates(place)
    low, high = (finite(height.loss + sign * height.uncertainty) for sign in (-1, 1))
    row = {**_subject(network), **_height(height), "low": low, "high": high}
    lines = [line for line in (1, 2) if place[2 - line] == FINEST // 2]
    rows = [{**row, "direction": line, "place": coordinates[line - 1]} for line in lines]
    return Rows("lines", rows)


def _surface_row(
    network: TrainedNetwork, plane: Plane, level: Sequence[Place], place: Place
) -> Row:
    x, y = plane.coordinates(place)
    points = next(points for points in LEVELS if len(level) <= points**2)
    columns = {**_subject(network), "level": points, "x": x, "y": y}
    return {**columns, **_height(plane.at(place))}


def _subject(network: TrainedNetwork) -> dict[str, Value]:
    return {"subject": network.id}


def _height(height: Height) -> dict[str, Value]:
    return {"loss": finite(height.loss), "error": height.error}


def _evaluations(planes: Sequence[Plane]) -> int:
    return sum(len(plane.heights) for plane in planes)


def _guessing(network: TrainedNetwork) -> float:
    return math.log(len(network.dataset.classes))
