"""The loss over a plane of weights through a trained network, from coarse to fine.

The plane is spanned by two random filter-normalised directions (Li et al. 2018, section 4).
BN is in evaluation mode, with the network's own running statistics, as in their figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from resnet_core.labs.events import Event, Progress, Row, Rows, Value, Verdict
from resnet_core.labs.landscape.question import Settings
from resnet_core.labs.tools.directions import filter_normalised
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.training.evaluation.evaluation import percent_wrong

LEVELS = (5, 21, 41)  # points a side; each grid holds the one before
FINEST = LEVELS[-1]
BATCH = 256  # images

_CHUNK = 8  # points told together
_APART = 5.0  # percent of the plane
_BENT = 0.1  # of the strongest curvature: more downwards than this is no bowl
_NEAR_GUESSING = 0.8

Place = tuple[int, int]  # on the finest grid; (20, 20) is the network itself
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Height:
    """The loss at one place: mean over the images and its standard error, nats; percent wrong."""

    loss: float
    uncertainty: float
    error: float


class Plane:
    """weights + x direction_1 + y direction_2; every place is computed once.

    Attributes:
        heights: what was computed so far.
    """

    def __init__(self, subject: Subject, settings: Settings) -> None:
        self.model = subject.model()
        self.images, self.labels = subject.train_images(settings.images)
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
        """In filters' lengths; (0, 0) is the network."""
        x, y = place
        return (x - FINEST // 2) * self._step, (y - FINEST // 2) * self._step

    @torch.inference_mode()
    def _height(self, x: float, y: float) -> Height:
        for parameter, weight, first, second in self._weights:
            parameter.copy_(weight + x * first + y * second)
        answers = torch.cat([self.model(part) for part in self.images.split(BATCH)])
        losses = functional.cross_entropy(answers, self.labels, reduction="none")
        error = percent_wrong([(answers, self.labels)])
        return Height(float(losses.mean()), standard_error(losses), error)


def standard_error(losses: Tensor) -> float:
    """Of the mean over images, had they been others of the same kind."""
    return float(losses.std() / math.sqrt(len(losses)))


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """Two lines through each network, then the surfaces, all networks at every place in turn."""
    planes = [Plane(subject, settings) for subject in subjects]
    grid = levels(settings.resolution, settings.seed)
    todo = {place for level in grid for place in level} | set(axes())
    total = len(todo) * len(planes)
    for subject, plane in zip(subjects, planes, strict=True):
        yield Rows("networks", [_network_row(subject, plane)])
    for place in axes():
        for subject, plane in zip(subjects, planes, strict=True):
            yield Rows("lines", _line_rows(subject, plane, place))
        yield Progress(_done(planes), total)
    for level in grid:
        for start in range(0, len(level), _CHUNK):
            places = level[start : start + _CHUNK]
            for subject, plane in zip(subjects, planes, strict=True):
                yield Rows("surface", [_surface_row(subject, plane, level, p) for p in places])
            yield Progress(_done(planes), total)
    yield from verdicts([described(s, p, settings) for s, p in zip(subjects, planes, strict=True)])


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
    seen: set[Place] = set()
    grids = []
    for points in LEVELS[: LEVELS.index(resolution) + 1]:
        steps = range(0, FINEST, (FINEST - 1) // (points - 1))
        fresh = [(x, y) for x in steps for y in steps if (x, y) not in seen]
        seen |= set(fresh)
        grids.append([fresh[i] for i in random.permutation(len(fresh))])
    return grids


# The shape of a surface


@dataclass(frozen=True)
class Surface:
    """A network's surface in numbers.

    Attributes:
        convex: percent of the plane where it is curved like a bowl.
        basin: percent of the plane where the loss is less than that of guessing.
        minima: places lower than all eight around them.
    """

    label: str
    family: str
    loss: float
    uncertainty: float
    guessing: float
    images: int
    convex: float
    basin: float
    minima: int


def described(subject: Subject, plane: Plane, settings: Settings) -> Surface:
    """The surface on the grid that was asked for."""
    steps = range(0, FINEST, (FINEST - 1) // (settings.resolution - 1))
    losses = np.array([[plane.heights[x, y].loss for x in steps] for y in steps])
    losses = np.nan_to_num(losses, nan=1e6, posinf=1e6)
    own, guessing = plane.heights[axes()[0]], _guessing(subject)
    return Surface(
        label=subject.label,
        family=subject.family,
        loss=own.loss,
        uncertainty=own.uncertainty,
        guessing=guessing,
        images=len(plane.labels),
        convex=100 * float(bowl(losses).mean()),
        basin=100 * float((losses < guessing).mean()),
        minima=minima(losses),
    )


def bowl(losses: Floats) -> NDArray[np.bool_]:  # N, N -> N - 2, N - 2
    """Where the smaller eigenvalue of the Hessian is not clearly negative (their Fig. 7)."""
    xx = losses[1:-1, 2:] - 2 * losses[1:-1, 1:-1] + losses[1:-1, :-2]
    yy = losses[2:, 1:-1] - 2 * losses[1:-1, 1:-1] + losses[:-2, 1:-1]
    xy = (losses[2:, 2:] - losses[2:, :-2] - losses[:-2, 2:] + losses[:-2, :-2]) / 4
    middle, spread = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    least, most = middle - spread, middle + spread
    return least > -_BENT * np.maximum(np.abs(least), np.abs(most))


def minima(losses: Floats) -> int:
    """Inner places lower than all eight around them."""
    inner = losses[1:-1, 1:-1]
    count = len(losses)
    around = [
        losses[1 + dy : count - 1 + dy, 1 + dx : count - 1 + dx]
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
        if dx or dy
    ]
    return int(np.all([inner < other for other in around], axis=0).sum())


# Rows


def _network_row(subject: Subject, plane: Plane) -> Row:
    own = plane.at(axes()[0])
    row: dict[str, Value] = {"subject": subject.id, "label": subject.label}
    row |= {"family": subject.family, "depth": subject.depth, "loss": _shown(own.loss)}
    row |= {"uncertainty": _shown(own.uncertainty), "error": own.error}
    return {**row, "images": len(plane.labels), "guessing": _guessing(subject)}


def _line_rows(subject: Subject, plane: Plane, place: Place) -> list[Row]:
    """The middle is on both lines."""
    height, middle = plane.at(place), FINEST // 2
    coordinates = plane.coordinates(place)
    rows: list[Row] = []
    for direction in (1, 2):
        if place[2 - direction] == middle:
            row: dict[str, Value] = {"subject": subject.id, "direction": direction}
            row |= {"place": coordinates[direction - 1], "loss": _shown(height.loss)}
            row |= {"low": _shown(height.loss - height.uncertainty)}
            row |= {"high": _shown(height.loss + height.uncertainty)}
            rows.append({**row, "error": height.error})
    return rows


def _surface_row(subject: Subject, plane: Plane, level: Sequence[Place], place: Place) -> Row:
    height, (x, y) = plane.at(place), plane.coordinates(place)
    points = next(points for points in LEVELS if len(level) <= points**2)
    row: dict[str, Value] = {"subject": subject.id, "level": points, "x": x, "y": y}
    return {**row, "loss": _shown(height.loss), "error": height.error}


def _done(planes: Sequence[Plane]) -> int:
    return sum(len(plane.heights) for plane in planes)


def _guessing(subject: Subject) -> float:
    return math.log(len(subject.dataset.classes))


def _shown(value: float) -> float | None:
    return value if math.isfinite(value) else None


# Verdicts


def verdicts(surfaces: Sequence[Surface]) -> list[Verdict]:
    """Every surface in numbers, a warning where it is of no minimum, and a comparison."""
    said = []
    for surface in surfaces:
        values = {name: getattr(surface, name) for name in Surface.__dataclass_fields__}
        del values["family"]
        said.append(Verdict("one", values))
        if surface.loss > _NEAR_GUESSING * surface.guessing:
            names = ("label", "loss", "guessing")
            said.append(Verdict("hardly_learned", {name: values[name] for name in names}))
    plain = next((s for s in surfaces if s.family == "plain"), None)
    residual = next((s for s in surfaces if s.family in {"resnet", "preresnet"}), None)
    if plain and residual:
        said.append(compared(plain.convex, residual.convex))
    return said


def compared(plain: float, residual: float) -> Verdict:
    """Whose surface is like a bowl over more of the plane; percent."""
    values = {"plain": plain, "residual": residual}
    if abs(plain - residual) < _APART:
        return Verdict("alike", values)
    return Verdict("residual_smoother" if residual > plain else "plain_smoother", values)
