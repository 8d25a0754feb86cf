"""A grid of short runs: activation x BN x initialisation, each at two depths.

Two things can be wrong with a deep network that does not learn: its gradient may not reach the
first layer, or it may reach it and the network still ends above a shallower one, which is the
paper's degradation (section 4.1: plain networks with BN have healthy gradients). Both are
measured in every cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import product
from statistics import median

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Event, Progress, Row, Rows
from resnet_core.labs.sweep.question import CELL, SHALLOW, Settings
from resnet_core.labs.sweep.verdicts import Cell, outcome, vanished, verdicts
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.short_runs import CLASSES, FinalErrors
from resnet_core.telemetry.events import Measurement

_RECORDS = 8  # of each run
Kind = tuple[str, bool, str]  # activation, BN, initialisation


def experiment(settings: Settings, kind: Kind, depth: int) -> Experiment:
    """One short run."""
    return short_runs.experiment(
        f"cifar/{settings.family}-{depth}",
        settings.iterations,
        _RECORDS,
        **dict(zip(CELL, kind, strict=True)),
        train_images=settings.train_images,
        test_images=200,
        learning_rate=settings.learning_rate,
        evaluation_images=640,
        seed=settings.seed,
    )


@dataclass
class _Run:
    """A short run so far; first and last are gradient norms of the 3x3 layers."""

    kind: Kind
    depth: int
    iteration: int = 0
    final: FinalErrors | None = None
    first: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)

    def measured(self, event: Measurement) -> Row:
        self.iteration = event.iteration
        self.first.append(float(event.gradient_norm[0]))
        self.last.append(float(event.gradient_norm[-1]))
        return {
            **_columns(self.kind),
            "depth": self.depth,
            "iteration": event.iteration,
            "error": event.running_error,
            "first": self.first[-1],
            "last": self.last[-1],
        }


def run(settings: Settings, networks: Sequence[object] = ()) -> Iterator[Event]:
    """Train every cell's two networks, several at once; its row comes when both have ended."""
    kinds: list[Kind] = list(product(settings.activations, (True, False), settings.initializations))
    runs = [_Run(kind, depth) for kind in kinds for depth in (SHALLOW, settings.depth)]
    total, cells = len(runs) * settings.iterations, []
    training = short_runs.train_all([experiment(settings, each.kind, each.depth) for each in runs])
    with closing(training) as events:
        for index, event in events:
            run = runs[index]
            if isinstance(event, Measurement):
                yield Rows("curves", [run.measured(event)])
            else:
                run.final = FinalErrors.of(event, CLASSES)
                run.iteration = settings.iterations
                shallow, deep = runs[index // 2 * 2 : index // 2 * 2 + 2]
                if shallow.final and deep.final:
                    cells.append(_cell(settings.family, deep, deep.final, shallow.final))
                    yield Rows("cells", [_row(cells[-1])])
            yield Progress(sum(each.iteration for each in runs), total)
    yield from verdicts(cells, settings.depth)


def _cell(family: str, deep: _Run, errors: FinalErrors, shallow: FinalErrors) -> Cell:
    first, last = median(deep.first or [0.0]), median(deep.last or [0.0])
    activation, batch_norm, initialization = deep.kind
    return Cell(
        activation=activation,
        batch_norm=batch_norm,
        initialization=initialization,
        family=family,
        depth=deep.depth,
        error=errors.train,
        shallow=shallow.train,
        first=first,
        last=last,
        gone=vanished(first, last),
        outcome=outcome(errors, shallow, vanished(first, last)),
    )


def _row(cell: Cell) -> Row:
    kind = (cell.activation, cell.batch_norm, cell.initialization)
    names = ("family", "depth", "error", "shallow", "first", "last", "ratio", "outcome")
    return {**_columns(kind), **{name: getattr(cell, name) for name in names}}


def _columns(kind: Kind) -> Row:
    return dict(zip(CELL, kind, strict=True))
