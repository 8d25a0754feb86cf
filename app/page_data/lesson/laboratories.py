"""Steps that are measured by laboratories' stored results, or by arithmetic."""

from __future__ import annotations

import math

from app.figures.labels import network_label
from app.figures.lesson import Bar, Curve, Scene
from app.page_data.lesson.measured import Measured, percent, thinned
from app.page_data.lesson.steps import step
from resnet_core.anatomy.describe import describe
from resnet_core.errors import PlaygroundError
from resnet_core.labs.results import results
from resnet_core.paper import cifar as paper
from resnet_core.runs import queries
from resnet_core.specs.names import spec_of

_LEAST_LOSS = 1e-9  # a loss of 0 has no place on a logarithmic axis


def laboratory_result(laboratory: str) -> results.Result:
    result = results.recorded(laboratory)
    if result is None or not result.verdicts:
        raise PlaygroundError("page.lesson_no_result", laboratory=laboratory)
    return result


def _data(result: results.Result) -> str:
    runs = result.request.runs
    return queries.described(runs[0]).data_title if runs else ""


def copy() -> Measured:
    result = laboratory_result("graft")
    table = result.tables["copies"]
    rows = table[table["mode"] == "evaluation"].sort_values("depth")
    shallow, deep = rows.iloc[0], rows.iloc[1]
    error, own = float(deep["error"]), float(shallow["error"])
    near = step("copy").tolerance
    values = {
        **{"shallow": str(shallow["depth"]), "deep": str(deep["depth"])},
        **{"inserted": str(deep["depth"] - shallow["depth"])},
        **{"own": f"{own:.0f}", "error": f"{error:.0f}"},
        **{"changed": str(deep["changed"]), "images": f"{deep['images']:,}"},
    }
    bars = (
        Bar("shallow", "plain", int(shallow["depth"]), own),
        Bar("copied", "plain", int(deep["depth"]), error, after=True),
    )
    return Measured(
        error,
        "same" if error == own else "differs",
        values,
        Scene("bars", x="error", high=100, bars=bars),
        low=error - near,
        high=error + near,
        runs=result.request.runs,
        data=_data(result),
    )


def search() -> Measured:
    result = laboratory_result("graft")
    copied = copy()
    ends = result.tables["ends"].groupby("start")["after"].mean()
    scratch, grafted = float(ends["scratch"]), float(ends["0"])
    solution = float(str(copied.answer))
    near = step("search").tolerance
    bars = (
        *(Bar(bar.id, bar.family, bar.depth, bar.value) for bar in copied.scene.bars),
        Bar("scratch", "plain", int(copied.values["deep"]), scratch, after=True),
        Bar("grafted", "plain", int(copied.values["deep"]), grafted, after=True),
    )
    updates = str(result.tables["ends"]["updates"].iloc[0])
    more = {"updates": updates, "scratch": percent(scratch), "grafted": percent(grafted)}
    return Measured(
        scratch,
        "missed" if scratch - solution > near else "found",
        {**copied.values, **more},
        Scene("bars", x="error", high=100, bars=bars),
        low=scratch - near,
        high=scratch + near,
        runs=result.request.runs,
        data=_data(result),
    )


def race() -> Measured:
    losses, scene, more = _race_of("plain", "residual")
    plain, residual = losses["plain"], losses["residual"]
    answer = "same" if 0.5 < plain / residual < 2 else "plain" if plain < residual else "residual"
    return Measured(answer, answer, more, scene)


def open_question() -> Measured:
    losses, scene, more = _race_of("plain", "residual", "shifted")
    low, high = sorted((losses["plain"], losses["residual"]))
    shifted = losses["shifted"]
    answer = "between"
    if not 2 * low < shifted < high / 2:
        nearer = abs(math.log(shifted / losses["plain"])) < abs(
            math.log(shifted / losses["residual"])
        )
        answer = "plain" if nearer else "residual"
    return Measured(answer, answer, more, scene)


def _race_of(*forms: str) -> tuple[dict[str, float], Scene, dict[str, str]]:
    """Return the last loss of each form's best recipe, its curves, and the sentences' values."""
    result = laboratory_result("microscope")
    table = result.tables["race"]
    curves, losses = [], {}
    for form in forms:
        rows = table[table["form"] == form]
        ends = rows[rows["step"] == rows["step"].max()].dropna(subset="loss")
        best = ends.loc[ends["loss"].idxmin()]
        rows = rows[(rows["gain"] == best["gain"]) & (rows["rate"] == best["rate"])]
        losses[form] = max(float(best["loss"]), _LEAST_LOSS)
        family = {"plain": "plain", "residual": "resnet"}.get(form, "other")
        points = thinned(list(rows["step"]), list(rows["loss"].clip(lower=_LEAST_LOSS)))
        after = form == forms[-1]
        curves.append(Curve(form, form, family, 56, points, after=after))
    settings = result.request.settings
    steps = float(table["step"].max())
    scene = Scene(
        "curves", x="steps", y="loss", low=1e-6, high=10, log=True, high_x=steps,
        curves=tuple(curves),
    )  # fmt: skip
    values = {form: _plain_number(loss) for form, loss in losses.items()}
    depth = str(getattr(settings, "depth", ""))
    return losses, scene, {**values, "steps": f"{steps:.0f}", "depth": depth}


def _plain_number(value: float) -> str:
    """Return a number with one or two significant digits and no exponent."""
    digits = max(0, 1 - math.floor(math.log10(value)))
    return f"{value:.{digits}f}" if value >= 0.01 else f"{value:.{digits - 1}f}"


def remove() -> Measured:
    result = laboratory_result("lesion")
    table = result.tables["removals"]
    families = {family: rows for family, rows in table.groupby("family", sort=False)}
    if not {"plain", "resnet"} <= set(families):
        raise PlaygroundError("page.lesson_no_result", laboratory="lesion")
    plain, residual = families["plain"], families["resnet"]
    mean = {family: float(rows["error"].mean()) for family, rows in families.items()}
    whole, deep = float(residual["whole"].iloc[0]), int(residual["depth"].iloc[0])
    near = step("remove").tolerance
    curves = tuple(
        Curve(
            str(family),
            network_label(f"{family}-{rows['depth'].iloc[0]}"),
            str(family),
            int(rows["depth"].iloc[0]),
            thinned(list(rows["place"]), list(rows["error"])),
            after=family == "resnet",
            dots=True,
        )
        for family, rows in families.items()
    )
    blocks = float(max(len(plain), len(residual)))
    scene = Scene(
        "curves", x="block", y="test_error", low=0, high=100, curves=curves, low_x=1, high_x=blocks
    )
    values = {
        **{"plain_error": percent(mean["plain"]), "whole": percent(whole)},
        **{"error": percent(mean["resnet"]), "blocks": str(len(residual))},
        **{"plain": f"plain-{plain['depth'].iloc[0]}", "resnet": f"ResNet-{deep}"},
    }
    return Measured(
        mean["resnet"],
        "little" if mean["resnet"] - whole < (mean["plain"] - whole) / 2 else "much",
        values,
        scene,
        low=mean["resnet"] - near,
        high=mean["resnet"] + near,
        runs=result.request.runs,
        data=_data(result),
    )


def shortcut() -> Measured:
    identity, projection = (
        describe(spec_of("imagenet/resnet-50", shortcut=option)).parameters for option in "BC"
    )
    more = 100 * (projection / identity - 1)
    near = step("shortcut").tolerance
    bars = (
        Bar("identity", "resnet", 50, identity / 1e6),
        Bar("projection", "resnet", 50, projection / 1e6, after=True),
    )
    values = {
        "more": percent(more),
        "identity": f"{identity / 1e6:.1f}",
        "projection": f"{projection / 1e6:.1f}",
    }
    scene = Scene("bars", x="parameters", high=50, bars=bars)
    return Measured(more, "more", values, scene, low=more - near, high=more + near)


def depth() -> Measured:
    errors = paper.TEST_ERROR
    deepest = max(errors)
    best = min(errors, key=lambda depth: errors[depth])
    points = tuple((float(depth), error) for depth, error in sorted(errors.items()))
    known = Curve("paper", "paper", "resnet", 56, points[:-1], dots=True, paper=True)
    asked = Curve(
        "deepest", "deepest", "resnet", 110, points[-1:], dots=True, paper=True, after=True
    )
    scene = Scene(
        "curves", x="layers", y="test_error", low=0, high=10, log_x=True, low_x=16, high_x=1500,
        curves=(known, asked),
    )  # fmt: skip
    values = {"best": str(best), "error": f"{errors[best]:.2f}", "deepest": str(deepest)}
    answer = "higher" if errors[deepest] > errors[best] else "lower"
    return Measured(answer, answer, values | {"asked": f"{errors[deepest]:.2f}"}, scene)
