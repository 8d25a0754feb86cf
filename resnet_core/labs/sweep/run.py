"""A grid of short runs: activation x BN x initialisation, each at two depths.

Two things can be wrong with a deep network that does not learn: its gradient may not reach the
first layer, or it may reach it and the network still ends above a shallower one, which is the
paper's degradation (section 4.1: plain networks with BN have healthy gradients). Both are
measured in every cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Event, Rows, attributes
from resnet_core.labs.sweep.question import CELL, QUESTION, SHALLOW, Settings
from resnet_core.labs.sweep.verdicts import Cell, outcome, vanished, verdicts
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.short_runs import FinalErrors, ShortRun, outer_norms

_RECORDS = 8  # of each run
Kind = tuple[str, bool, str]  # activation, BN, initialisation


def experiment(settings: Settings, kind: Kind, depth: int) -> Experiment:
    """One short run."""
    return short_runs.experiment(
        f"cifar/{settings.family}-{depth}",
        settings.iterations,
        _RECORDS,
        settings,
        **dict(zip(CELL, kind, strict=True)),
        test_images=200,
        evaluation_images=640,
    )


def run(settings: Settings, networks: Sequence[object] = ()) -> Iterator[Event]:
    """Train every cell's two networks, several at once; its row comes when both have ended."""
    kinds = product(settings.activations, (True, False), settings.initializations)
    pairs = [
        tuple(_run(settings, kind, depth) for depth in (SHALLOW, settings.depth)) for kind in kinds
    ]
    pair_of = {id(run): pair for pair in pairs for run in pair}
    cells: list[Cell] = []

    def ended(run: ShortRun, _: FinalErrors) -> Iterator[Rows]:
        shallow, deep = pair_of[id(run)]
        if shallow.final and deep.final:
            cells.append(_cell(settings.family, deep, deep.final, shallow.final))
            yield Rows("cells", [attributes(cells[-1], *QUESTION.tables["cells"])])

    runs = [run for pair in pairs for run in pair]
    yield from short_runs.train_together(runs, outer_norms, ended)
    yield from verdicts(cells, settings.depth)


def _run(settings: Settings, kind: Kind, depth: int) -> ShortRun:
    return ShortRun(experiment(settings, kind, depth), dict(zip(CELL, kind, strict=True)))


def _cell(family: str, deep: ShortRun, errors: FinalErrors, shallow: FinalErrors) -> Cell:
    first, last = (float(deep.median_norms[place]) for place in (0, -1))
    gone = vanished(first, last)
    return Cell(
        activation=deep.experiment.activation,
        batch_norm=deep.experiment.batch_norm,
        initialization=deep.experiment.initialization,
        family=family,
        depth=deep.depth,
        error=errors.train,
        shallow=shallow.train,
        first=first,
        last=last,
        gone=gone,
        outcome=outcome(errors, shallow, gone),
    )
