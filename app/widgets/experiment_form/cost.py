"""The cost of an experiment before it starts: layers, parameters, work and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import streamlit as st

from app.background.measurements import Estimate, Failed, training
from app.language.texts import escaped, language, t
from app.page_data.runs import active_runs, duration
from app.page_state.page import rerun
from app.widgets.experiment_form.draft import depths, joined, split
from app.widgets.experiment_form.form import label, value_text
from resnet_core.anatomy.describe import describe as anatomy_of
from resnet_core.anatomy.facts import Anatomy
from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.queue import facts_of
from resnet_core.specs.names import is_imagenet

_EVERY = 1.0  # seconds, while the time is being measured
# Four figures in a row, the longest of them a word.
_STYLE = "<style>.st-key-cost [data-testid='stMetricValue'] { font-size: 1.5rem; }</style>"


def cost(
    experiments: Sequence[Experiment],
    before: Experiment | None,
    can_start: bool = True,
) -> None:
    """Show what these experiments cost, and what the last change added to that.

    Args:
        experiments: that would be started together; the first one's network is shown.
        before: the first one before the last change.
        can_start: otherwise there is no time to be measured.
    """
    first = experiments[0]
    now = describe(first)
    then = describe(before) if before is not None else None
    st.html(_STYLE)
    with st.container(key="cost"), st.grid(min_column_width=150, gap="small"):
        _figure("layers", now, then, lambda a: a.weighted_layers, str)
        _figure("parameters", now, then, lambda a: a.parameters, lambda n: f"{n:,}")
        _figure("multiply_adds", now, then, lambda a: a.multiply_adds, short)
        if can_start:
            _time(experiments, before)
        else:
            st.metric(t("train.cost.time"), "–")
    if before is not None and changes(before, first):
        st.caption(t("train.cost.since", changes=", ".join(changes(before, first))))


def describe(experiment: Experiment) -> Anatomy:
    """Return the network of an experiment on its data, by arithmetic.

    Where the data are not there yet, their usual sizes are assumed: CIFAR-10's or ImageNet's.
    """
    try:
        # A million pictures are listed for ImageNet's networks, but not opened.
        imagenet = is_imagenet(experiment.network)
        sizes = facts_of(experiment) if imagenet else catalog.facts(Selection(experiment.data))
    except PlaygroundError:
        return _describe(experiment)
    return _describe(experiment, sizes.image_size, sizes.channels, sizes.classes)


@lru_cache(maxsize=256)
def _describe(
    experiment: Experiment,
    image_size: int | None = None,
    channels: int | None = None,
    classes: int | None = None,
) -> Anatomy:
    return anatomy_of(experiment.network_spec(image_size, channels, classes))


def by_depth(experiment: Experiment) -> str:
    """Return the cost of the depths beside this one."""
    family, _ = split(experiment.network)
    costs = []
    for depth in depths(family):
        try:
            other = experiment.changed(network=joined(family, depth))
        except InvalidSetting:
            continue  # not reachable with these blocks
        costs.append(f"{depth}: {short(describe(other).multiply_adds)}")
    return t("form.multiply_adds_by_depth", list=_listed(costs))


def by_shortcut(experiment: Experiment) -> str:
    """Return the parameters with each option for the shortcuts."""
    if not experiment.network_spec().has_shortcuts:
        return t("form.no_shortcut")
    counts = [
        f"{option} {describe(experiment.changed(shortcut=option)).parameters:,}"
        for option in ("A", "B", "C")
    ]
    return t("form.parameters_by_option", list=_listed(counts))


def short(count: int) -> str:
    """Return three digits and a unit: 853 k, 40.6 M, 2.68 G."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return str(count)


def changes(before: Experiment, after: Experiment) -> list[str]:
    """Return the changed settings for the reader: "Depth 20 → 56"."""
    old, new = before.model_dump(), after.model_dump()
    return [
        f"{_name(field)} {_value(field, old[field])} → {_value(field, new[field])}"
        for field in new
        if old[field] != new[field]
    ]


def _figure(
    name: str,
    now: Anatomy,
    then: Anatomy | None,
    figure: Callable[[Anatomy], int],
    text: Callable[[int], str],
) -> None:
    difference = figure(now) - figure(then) if then is not None else 0
    sign = "+" if difference > 0 else "−"
    st.metric(
        t(f"train.cost.{name}"),
        text(figure(now)),
        delta=f"{sign}{text(abs(difference))}" if difference else None,
        delta_color="off",
        delta_arrow="off",
        help=t(f"train.cost.{name}_help"),
    )


def _time(experiments: Sequence[Experiment], before: Experiment | None) -> None:
    """Show the expected time, and look again until it has been measured."""
    waiting = _estimate(experiments) is None
    st.fragment(_show_time, run_every=_EVERY if waiting else None)(
        tuple(experiments), before, waiting
    )


def _estimate(experiments: Sequence[Experiment]) -> Estimate | Failed | None:
    """Return the time if it is known; measure it only while no run trains: both would be slower."""
    if any(run.state == "running" for run in active_runs()):
        return training.cached_together(experiments)
    return training.together(experiments)


def _show_time(
    experiments: tuple[Experiment, ...], before: Experiment | None, waiting: bool
) -> None:
    estimate = _estimate(experiments)
    if waiting and estimate is not None:
        rerun()  # the rest of the page may speak of the time as well
    title = t("train.cost.time")
    if estimate is None:
        busy = any(run.state == "running" for run in active_runs())
        word = "waiting" if busy else "measuring"
        st.metric(title, t(f"train.cost.{word}"), help=t(f"train.cost.{word}_help"))
    elif isinstance(estimate, Failed):
        st.metric(title, t("train.cost.unknown"))
        st.caption(escaped(estimate.reason.text(language())))
    else:
        st.metric(
            title,
            t("train.cost.about", time=duration(estimate.seconds, t)),
            delta=_time_change(experiments, before),
            delta_color="off",
            delta_arrow="off",
            help=t("train.cost.time_help", hardware=estimate.hardware),
        )
        if estimate.busy:
            st.caption(t("common.measured_busy"))


def _time_change(experiments: tuple[Experiment, ...], before: Experiment | None) -> str | None:
    """Return the last change's effect on the time, where both times were measured."""
    if before is None:
        return None
    then = training.cached(before)
    after = training.cached(experiments[0])
    if not (isinstance(then, Estimate) and isinstance(after, Estimate)):
        return None
    difference = after.seconds - then.seconds
    if abs(difference) < 0.05 * then.seconds:
        return None
    sign = "+" if difference > 0 else "−"
    return f"{sign}{duration(abs(difference), t)}"


def _listed(parts: list[str]) -> str:
    """Join parts that a line does not break within."""
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)


def _name(field: str) -> str:
    return t("train.cost.network") if field == "network" else label(field)


def _value(field: str, value: object) -> str:
    if field == "network":
        return str(value).removeprefix("cifar/")
    return escaped(value_text(field, value))
