"""Steps that are measured on the four networks at the largest scale on record."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from app.figures.labels import network_label
from app.figures.lesson import Curve, Scene
from app.page_data import puzzle
from app.page_data.lesson.laboratories import laboratory_result
from app.page_data.lesson.measured import Measured, percent, thinned
from app.page_data.lesson.steps import step
from resnet_core.anatomy.describe import describe
from resnet_core.errors import PlaygroundError
from resnet_core.paper import cifar as paper
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from resnet_core.specs.names import spec_of

_NEAR = 1.05  # two medians of responses within this factor are about the same


@dataclass(frozen=True)
class _Four:
    """The first seed of each of the four networks: plain and residual, 20 layers and deep."""

    plain_20: RunRecord
    plain: RunRecord
    resnet_20: RunRecord
    resnet: RunRecord

    @classmethod
    def largest(cls) -> _Four:
        runs = puzzle.largest()
        by_name = {run.experiment.network.removeprefix("cifar/"): run for run in reversed(runs)}
        names = puzzle.four_of(runs)
        if not names:
            raise PlaygroundError("page.lesson_no_recording")
        first, residual, deep, deep_residual = (by_name[name] for name in names)
        return cls(first, deep, residual, deep_residual)


def _curve(
    run: RunRecord,
    part: str,
    column: str = "running_error",
    *,
    after: bool = False,
    thin: bool = False,
) -> Curve:
    frame = queries.measured(run).frame[["iteration", column]].dropna()
    points = thinned(list(frame["iteration"]), list(frame[column]))
    label, family, depth = _network(run)
    return Curve(part, part if thin else label, family, depth, points, after, thin)


def _network(run: RunRecord) -> tuple[str, str, int]:
    """Return label, family and depth."""
    family, _, depth = run.experiment.network.removeprefix("cifar/").partition("-")
    return network_label(run.experiment.network), family, int(depth)


def _errors_scene(run: RunRecord, *curves: Curve, axis: str = "error") -> Scene:
    last = float(run.experiment.iterations)
    return Scene("curves", "iterations", axis, low=0, high=100, high_x=last, curves=curves)


def _ids(*runs: RunRecord) -> tuple[str, ...]:
    return tuple(run.id for run in runs)


def deeper() -> Measured:
    four = _Four.largest()
    shallow, deep = _curve(four.plain_20, "plain20"), _curve(four.plain, "plain", after=True)
    return _drawn(
        four, deep, shallow, "worse", "not_worse", _errors_scene(four.plain, shallow, deep)
    )


def twins() -> Measured:
    four = _Four.largest()
    plain = _curve(four.plain, "plain")
    residual = _curve(four.resnet, "resnet", after=True)
    scene = _errors_scene(four.plain, _curve(four.plain_20, "plain20"), plain, residual)
    return _drawn(four, residual, plain, "not_better", "better", scene)


def _drawn(
    four: _Four, asked: Curve, known: Curve, above: str, below: str, scene: Scene
) -> Measured:
    """Return the measurement of a curve that is drawn beside a known one.

    A drawn end counts as right where it is nearer to the measured end than to the known curve's.
    """
    end, other = asked.points[-1][1], known.points[-1][1]
    middle = (end + other) / 2
    return Measured(
        asked.points,
        above if end > other else below,
        {"asked": percent(end), "known": percent(other), **_names(four)},
        scene,
        low=middle if end > other else 0.0,
        high=100.0 if end > other else middle,
        runs=_ids(four.plain_20, four.plain, four.resnet),
        data=four.plain_20.data_title,
    )


def _names(four: _Four) -> dict[str, str]:
    deep = _network(four.plain)[2]
    return {"deep": str(deep), "plain": f"plain-{deep}", "resnet": f"ResNet-{deep}"}


def training() -> Measured:
    four = _Four.largest()
    plain, shallow = _curve(four.plain, "plain"), _curve(four.plain_20, "plain20")
    tested = [
        _curve(run, part, "test_error", after=True, thin=True)
        for run, part in ((four.plain_20, "plain20_test"), (four.plain, "plain_test"))
    ]
    train, test = plain.points[-1][1], tested[1].points[-1][1]
    high = train > tested[0].points[-1][1]  # worse on its own images than plain-20 on new ones
    return Measured(
        test,
        "both_high" if high else "overfits",
        {"train": percent(train), "test": percent(test), **_names(four)},
        _errors_scene(four.plain, shallow, plain, *tested, axis="errors"),
        low=test - step("training").tolerance,
        high=test + step("training").tolerance,
        runs=_ids(four.plain_20, four.plain),
        data=four.plain_20.data_title,
    )


def gradients() -> Measured:
    four = _Four.largest()
    norms = queries.measured(four.plain).gradient_norm[-1].astype(float)
    factor = float(norms.max() / norms.min())
    answer = "ten" if factor < 100 else "thousand" if factor < 30_000 else "million"
    reference = next(
        float(str(verdict.values["reference"]))
        for verdict in laboratory_result("court").verdicts
        if verdict.finding.startswith("vanishing")
    )
    curves = tuple(
        Curve(part, *_network(run), _by_layer(queries.measured(run).gradient_norm[-1]), after=after)
        for run, part, after in ((four.plain_20, "plain20", False), (four.plain, "plain", True))
    )
    layers = float(len(norms))
    scene = Scene(
        "curves", x="layer", y="gradient", low=1e-4, high=10, log=True, curves=curves,
        low_x=1, high_x=layers,
    )  # fmt: skip
    values = {"factor": percent(factor), "reference": str(round(math.log10(1 / reference)))}
    return Measured(
        answer,
        answer,
        values | _names(four),
        scene,
        runs=_ids(four.plain_20, four.plain),
        data=four.plain_20.data_title,
    )


def _by_layer(values: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((float(n), float(f"{value:.4g}")) for n, value in enumerate(values, start=1))


def responses() -> Measured:
    four = _Four.largest()
    pair = ((four.plain, "plain"), (four.resnet, "resnet"))
    last = {part: queries.measured(run).response_std[-1].astype(float) for run, part in pair}
    plain, residual = (float(np.median(last[part])) for part in ("plain", "resnet"))
    near = max(plain, residual) < _NEAR * min(plain, residual)
    answer = "same" if near else "residual" if residual < plain else "plain"
    curves = tuple(
        Curve(part, *_network(run), _by_layer(np.sort(last[part])[::-1]), after=part == "resnet")
        for run, part in pair
    )
    scene = Scene(
        "curves", x="sorted", y="response", low=0.1, high=20, log=True, curves=curves,
        low_x=1, high_x=float(len(last["plain"])),
    )  # fmt: skip
    times = paper.ITERATIONS / four.plain.experiment.iterations
    values = {"median": f"{plain:.2f}", "residual": f"{residual:.2f}", "times": f"{times:.0f}"}
    return Measured(
        answer,
        answer,
        values | _names(four),
        scene,
        runs=_ids(four.plain, four.resnet),
        data=four.plain.data_title,
    )


def _blocks(four: _Four) -> Scene:
    """Return the drawing of both kinds of block in the two networks' colours."""
    kinds = ((four.plain, "plain"), (four.resnet, "resnet"))
    return Scene("blocks", curves=tuple(Curve(part, *_network(run), ()) for run, part in kinds))


def form() -> Measured:
    four = _Four.largest()
    plain, residual = (
        describe(spec_of(run.experiment.network, shortcut="A")).parameters
        if "resnet" in run.experiment.network
        else describe(spec_of(run.experiment.network)).parameters
        for run in (four.plain, four.resnet)
    )
    added = residual - plain
    answer = "none" if added == 0 else "few" if added < plain / 2 else "double"
    values = {"parameters": f"{residual:,}", **_names(four)}
    return Measured(answer, answer, values, _blocks(four))
