"""A grid of short runs: activation x BN x initialisation, each at two depths.

Two things can be wrong with a deep network that does not learn: its gradient may not reach the
first layer, or it may reach it and the network ends above a shallower one all the same, which
is the paper's degradation (section 4.1: plain networks with BN have healthy gradients). Both
are measured in every cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from statistics import median
from typing import cast

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Event, Progress, Row, Rows
from resnet_core.labs.question import Settings
from resnet_core.labs.sweep import question as sweep
from resnet_core.labs.sweep.question import SHALLOW
from resnet_core.labs.sweep.verdicts import FAILED, MARGIN, Cell, Outcome, verdicts
from resnet_core.labs.tools import short_runs
from resnet_core.telemetry.events import Diverged, Finished, Measurement

# Below these the first layer's gradient has vanished: as a share of the last layer's, and as a
# norm. With small weights and no BN the signal itself dies out, and with it every gradient.
LEAST_RATIO = 1e-3
LEAST_NORM = 1e-6

_RECORDS = 8  # of each run
_MOST_AT_ONCE = 8
Kind = tuple[str, bool, str]  # activation, BN, initialisation


def experiment(settings: sweep.Settings, kind: Kind, depth: int) -> Experiment:
    """One short run: 8x8 shapes, 16 filters, no crop; small enough for a grid of them."""
    activation, batch_norm, initialization = kind
    every = max(1, settings.iterations // _RECORDS)
    return Experiment.create(
        network=f"cifar/{settings.family}-{depth}",
        activation=activation,
        batch_norm=batch_norm,
        initialization=initialization,
        image_size=8,
        width=16,
        train_images=settings.train_images,
        test_images=200,
        crop_padding=0,
        batch_size=32,
        iterations=settings.iterations,
        learning_rate=settings.learning_rate,
        milestones=(max(1, settings.iterations * 3 // 4),),
        record_every=every,
        evaluate_every=settings.iterations,
        evaluation_images=640,
        audit_every=0,
        seed=settings.seed,
        device="cpu",
        precision="fp32",
    )


def vanished(first: float, last: float) -> bool:
    """Whether the gradient is gone at the first layer: its norm there and at the last one."""
    return first < LEAST_NORM or first < LEAST_RATIO * last


def outcome(error: float | None, shallow: float | None, gone: bool) -> Outcome:
    """What became of the deep network: final training errors, percent; None: diverged."""
    if error is None:
        return "diverged"
    excess = 0.0 if shallow is None else error - shallow
    if error < FAILED and excess <= MARGIN:
        return "trains"
    if gone:
        return "vanishing"
    return "degraded" if excess > MARGIN else "stuck"


@dataclass
class _Run:
    """What one network has shown so far."""

    kind: Kind
    depth: int
    iteration: int = 0
    over: bool = False
    error: float | None = None
    first: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)

    def row(self, measured: Measurement) -> Row:
        self.iteration = measured.iteration
        self.first.append(float(measured.gradient_norm[0]))
        self.last.append(float(measured.gradient_norm[-1]))
        return {
            **_named(self.kind),
            "depth": self.depth,
            "iteration": measured.iteration,
            "error": measured.running_error,
            "first": self.first[-1],
            "last": self.last[-1],
        }


def run(settings: Settings, subjects: Sequence[object] = ()) -> Iterator[Event]:
    """Train every cell's two networks, several at once; a cell is said when both are through."""
    asked = cast(sweep.Settings, settings)
    kinds: list[Kind] = list(product(asked.activations, (True, False), asked.initializations))
    runs = [_Run(kind, depth) for kind in kinds for depth in (SHALLOW, asked.depth)]
    total, cells = len(runs) * asked.iterations, []
    workers = min(short_runs.cores(), _MOST_AT_ONCE)
    training = short_runs.many([experiment(asked, one.kind, one.depth) for one in runs], workers)
    try:
        for index, event in training:
            one = runs[index]
            match event:
                case Measurement():
                    yield Rows("curves", [one.row(event)])
                case Finished() | Diverged():
                    one.over, one.iteration = True, asked.iterations
                    one.error = event.train_error if isinstance(event, Finished) else None
                    shallow, deep = runs[index // 2 * 2 : index // 2 * 2 + 2]
                    if shallow.over and deep.over:
                        cells.append(_cell(asked.family, shallow, deep))
                        yield Rows("cells", [_row(cells[-1])])
            yield Progress(sum(each.iteration for each in runs), total)
    finally:
        training.close()  # type: ignore[attr-defined]  # ends the children, whoever closes us
    yield from verdicts(cells, asked.depth)


def _cell(family: str, shallow: _Run, deep: _Run) -> Cell:
    first, last = median(deep.first or [0.0]), median(deep.last or [0.0])
    became = outcome(deep.error, shallow.error, vanished(first, last))
    activation, batch_norm, initialization = deep.kind
    return Cell(
        activation=activation,
        batch_norm=batch_norm,
        initialization=initialization,
        family=family,
        depth=deep.depth,
        error=deep.error,
        shallow=shallow.error,
        first=first,
        last=last,
        gone=vanished(first, last),
        outcome=became,
    )


def _row(cell: Cell) -> Row:
    return {
        **_named((cell.activation, cell.batch_norm, cell.initialization)),
        "family": cell.family,
        "depth": cell.depth,
        "error": cell.error,
        "shallow": cell.shallow,
        "first": cell.first,
        "last": cell.last,
        "ratio": cell.ratio,
        "outcome": cell.outcome,
    }


def _named(kind: Kind) -> Row:
    return dict(zip(sweep.CELL, kind, strict=True))
