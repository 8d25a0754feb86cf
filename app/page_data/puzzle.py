"""The puzzle's four networks: the recordings that ship, and a verdict computed from their numbers.

Two have 20 layers and two are deep: 56 layers, or fewer where that is what a short run can train.
The verdict comes out either way: where the deep plain network did not end above the other, it says
so.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

from app.figures.labels import network_label
from app.language.texts import Speaker
from app.roles import visitor
from resnet_core.data import catalog
from resnet_core.errors import PlaygroundError
from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE, RunRecord
from resnet_core.system import environment

# Groups of recordings in the order in which they are offered: first those that any machine trains
# in a minute or two, on photographs before shapes, then those nearest to the paper.
GROUPS = ("photographs", "one-minute", "small-12000", "paper", "paper-24000", "paper-8000")
# The largest scale on record, the nearest to the paper first.
LARGE = ("paper", "paper-24000", "paper-8000")
# All training images, but a quarter of the pixels and half the filters: it trains for longer.
SMALL = ("small-12000",)
DEEP = (56, 44, 32)  # layers of the two deep networks; the first that both families have
# Percentage points: less than this between two small networks is not worth a sentence.
MATTERS = 5.0


def recorded_groups() -> list[str]:
    """Return the groups that are recorded, the one to begin with first."""
    return [group for group in GROUPS if recorded_four(group)]


def first_recording() -> list[RunRecord]:
    """Return the home page's initial runs; none where no group is recorded."""
    return next((runs for group in GROUPS if (runs := recorded_four(group))), [])


def recorded_four(group: str) -> list[RunRecord]:
    """Return the four networks of a group, every seed, in the puzzle's order; [] if one is
    missing."""
    recorded = [
        run for run in queries.recorded() if run.group == group and run.experiment.shortcut == "A"
    ]
    four = four_of(recorded)
    return [run for name in four for run in recorded if _name(run) == name]


def four_of(records: Iterable[RunRecord]) -> tuple[str, ...]:
    """Return the names of the four, "plain-20" first; () if one is missing."""
    names = {_name(record) for record in records}
    every = (tuple(map(_short, presets.four(deep))) for deep in DEEP)
    return next((four for four in every if names.issuperset(four)), ())


def _name(record: RunRecord) -> str:
    return _short(record.experiment.network)


def _short(network: str) -> str:
    return network.removeprefix("cifar/")


def experiments_like(records: Sequence[RunRecord]) -> tuple[Experiment, ...]:
    """Return what the button starts: the shown networks with the shown recipe and data.

    Recorded ones begin with their first seed; one's own with the seed after those that were
    trained. Without any, the photographs.
    """
    if not records:
        return presets.photographs()
    seeds = [run.experiment.seed for run in records]
    seed = min(seeds) if records[0].recorded else max(seeds) + 1
    first = {_name(run): run.experiment for run in reversed(records)}
    return tuple(first[name].changed(seed=seed) for name in four_of(records) or first)


def going_on(experiments: Sequence[Experiment]) -> list[RunRecord]:
    """Return the runs, queued or training, of a group that trains these networks with any seed."""
    wanted = {experiment.changed(seed=0, name="") for experiment in experiments}
    active = [run for run in visitor.visible(queries.runs()) if run.state in ACTIVE and run.group]
    for group in dict.fromkeys(run.group for run in active):
        runs = queries.group(group)
        if wanted == {run.experiment.changed(seed=0, name="") for run in runs}:
            return runs
    return []


def free_seed(runs: Sequence[RunRecord]) -> int:
    """Return the first seed that none of the runs has."""
    taken = {run.experiment.seed for run in runs}
    return next(seed for seed in itertools.count() if seed not in taken)


def waiting(records: Sequence[RunRecord]) -> tuple[int, float | None]:
    """Return how many trainings are before these, and about how long until they begin.

    Runs of one group with one seed count as one training. The seconds are None until a rate is
    known.
    """
    own = {record.id for record in records}
    first = min(record.position for record in records)
    before = [
        run
        for run in queries.runs()
        if run.id not in own
        and (run.state == "running" or (run.state == "queued" and run.position < first))
    ]
    count = len({(run.group or run.id, run.experiment.seed) for run in before})
    left = [run.seconds_left for run in before if run.state == "running"]
    rates = [run.images_per_second for run in before if run.images_per_second]
    if not rates or any(seconds is None for seconds in left):
        return count, None
    rate = statistics.fmean(rates)
    queued = [run.experiment for run in before if run.state == "queued"]
    work = sum(experiment.iterations * experiment.batch_size for experiment in queued)
    running = max((seconds for seconds in left if seconds is not None), default=0.0)
    return count, running + work / rate / environment.read().slots


def lacking(experiments: Sequence[Experiment]) -> bool:
    """Return whether the data that these need are not on this machine."""
    try:
        catalog.require(experiments[0].data)
    except PlaygroundError:
        return True
    return False


def fixed_table(records: Sequence[RunRecord], say: Speaker) -> str:
    """Return the final errors on fixed images by network, a table in Markdown."""
    four = four_of(records)
    rows = [
        (say("charts.live.columns.network"), *map(network_label, four)),
        (":--", *(["--:"] * len(four))),
    ]
    for quantity in ("train_error", "test_error"):
        errors = fixed_errors(records, quantity)
        if errors is not None:
            values = [f"{errors[name]:.1f} %" for name in four]
            rows.append((say(f"home.more.{quantity}"), *values))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def recipe(experiment: Experiment, say: Speaker) -> str:
    """Return the recipe in a sentence: batch, rate, warm-up and drops."""
    warmup = experiment.warmup_iterations if experiment.warmup == "linear" else 0
    return say(
        "home.more.recipe_warmup" if warmup else "home.more.recipe",
        batch=experiment.batch_size,
        iterations=f"{experiment.iterations:,}",
        rate=f"{experiment.learning_rate:g}",
        warmup=f"{warmup:,}",
        drops=", ".join(f"{at:,}" for at in experiment.drops),
    )


def largest() -> list[RunRecord]:
    """Return the recorded four at the scale nearest to the paper's; [] where none is on record."""
    return _first_recorded(LARGE)


def _first_recorded(groups: Sequence[str]) -> list[RunRecord]:
    return next((runs for group in groups if (runs := recorded_four(group))), [])


def at_larger_scales(records: Sequence[RunRecord], say: Speaker) -> list[str]:
    """Return the errors of the four that trained longest, small and at full size; not of those
    that are shown."""
    scales = {"small": _first_recorded(SMALL), "full_size": largest()}
    sentences = (_errors_of(runs, scale, records[0].group, say) for scale, runs in scales.items())
    return [sentence for sentence in sentences if sentence]


def _errors_of(runs: Sequence[RunRecord], scale: str, shown: str | None, say: Speaker) -> str:
    errors = _means(runs, lambda run: run.train_error)
    tested = _means(runs, lambda run: run.test_error)
    if errors is None or tested is None or runs[0].group == shown:
        return ""
    experiment = runs[0].experiment
    values = {**_percentages(errors), **_percentages(tested, "test_")}
    deeper = all(_deep(means, "resnet") < means["resnet-20"] for means in (errors, tested))
    return say(
        f"home.saw.{scale}" if deeper else f"home.saw.{scale}_not_yet",
        data=runs[0].data_title,
        iterations=f"{experiment.iterations:,}",
        **values,
    )


def final_errors(records: Sequence[RunRecord]) -> dict[str, float] | None:
    """Return the mean over seeds of the last training error that the chart draws, by network.

    Percent, over the mini-batches since the record before, see `fixed_errors` for the other one.
    None unless all four finished.
    """
    return _means(records, _last_running_error)


def can_be_guessed(records: Sequence[RunRecord]) -> bool:
    """Return whether the reader, who has not watched these train, can be asked how they end."""
    return bool(records) and records[0].recorded and final_errors(records) is not None


def fixed_errors(records: Sequence[RunRecord], quantity: str) -> dict[str, float] | None:
    """Return the mean over seeds of the final `train_error` or `test_error`, percent, on fixed
    images without augmentation, by network; None unless all four finished."""
    return _means(records, lambda run: getattr(run, quantity))


def _means(
    records: Sequence[RunRecord], measure: Callable[[RunRecord], float | None]
) -> dict[str, float] | None:
    errors: dict[str, list[float]] = {}
    for record in records:
        error = measure(record) if record.state == "finished" else None
        if error is not None:
            errors.setdefault(_name(record), []).append(error)
    four = four_of(record for record in records if _name(record) in errors)
    return {name: statistics.fmean(errors[name]) for name in four} or None


def _last_running_error(record: RunRecord) -> float | None:
    """Return the error at the right end of the chart's curve, percent."""
    try:
        errors = queries.measured(record).frame["running_error"].dropna()
    except PlaygroundError:
        return None
    return float(errors.iloc[-1]) if len(errors) else None


def verdict(records: Sequence[RunRecord], say: Speaker) -> list[str]:
    """Return two or three sentences for runs that have ended."""
    errors = final_errors(records)
    if errors is None:
        states = sorted({record.state for record in records})
        named = ", ".join(say(f"common.state.{state}") for state in states)
        return [say("home.saw.unfinished", states=named)]
    percentages = _percentages(errors)
    sentences = [
        say(f"home.saw.{_plain(errors)}", **percentages),
        say(f"home.saw.{_shortcut(errors)}", **percentages),
    ]
    if _deep(errors, "resnet") >= min(errors["plain-20"], errors["resnet-20"]):
        iterations = f"{max(record.experiment.iterations for record in records):,}"
        sentences.append(say("home.saw.short_run", iterations=iterations, **percentages))
    return sentences


def measured_on(records: Sequence[RunRecord], say: Speaker) -> str:
    """Return what the sentences' errors are of, and the seeds."""
    seeds = sorted({record.experiment.seed for record in records})
    n = max(1, len(records) // 4)
    key = "charts.caption.seed" if len(seeds) == 1 else "charts.caption.seeds"
    listed = ", ".join(map(str, seeds))
    return say("home.saw.measured", seeds=say(key, seed=listed, seeds=listed, n=n))


def answer(guess: str, records: Sequence[RunRecord], say: Speaker) -> str:
    """Compare the guessed network with the one of the highest training error."""
    errors = final_errors(records)
    if errors is None or guess not in errors:
        return ""
    worst = max(errors, key=lambda name: errors[name])
    values = {
        "guess": network_label(guess),
        "own": f"{errors[guess]:.1f}",
        "answer": network_label(worst),
        "error": f"{errors[worst]:.1f}",
    }
    return say("home.guess.right" if guess == worst else "home.guess.wrong", **values)


def _plain(errors: Mapping[str, float]) -> str:
    gap = _deep(errors, "plain") - errors["plain-20"]
    if gap >= MATTERS:
        return "plain_worse"
    return "plain_close" if gap > -MATTERS else "plain_better"


def _shortcut(errors: Mapping[str, float]) -> str:
    better = _deep(errors, "plain") - _deep(errors, "resnet") >= MATTERS
    return "shortcut_better" if better else "shortcut_same"


def _deep(errors: Mapping[str, float], family: str) -> float:
    """Return the error of the family's deeper network of the two."""
    (name,) = (name for name in errors if name.startswith(f"{family}-") and name[-2:] != "20")
    return errors[name]


def _percentages(errors: Mapping[str, float], prefix: str = "") -> dict[str, str]:
    """Return what the sentences name: the depth of the deep ones, and the four errors."""
    deep = next(name for name in errors if name[-2:] != "20")[-2:]
    return {
        "deep": deep,
        f"{prefix}plain_20": f"{errors['plain-20']:.1f}",
        f"{prefix}resnet_20": f"{errors['resnet-20']:.1f}",
        f"{prefix}plain_deep": f"{_deep(errors, 'plain'):.1f}",
        f"{prefix}resnet_deep": f"{_deep(errors, 'resnet'):.1f}",
    }
