"""The puzzle's four networks: the recordings that ship, and a verdict computed from their numbers.

It comes out either way: where plain-56 did not end above plain-20, the verdict says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.figures.labels import network_label
from app.language.texts import Speaker
from resnet_core.experiments import presets
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord

# Groups of recordings, the nearest to the paper first; the last is what the button repeats.
GROUPS = ("paper", "paper-8000", "cifar-two-minutes", "one-minute")
FOUR = ("plain-20", "resnet-20", "plain-56", "resnet-56")
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
    each = [[run for run in recorded if run.experiment.network == name] for name in presets.FOUR]
    return [run for runs in each for run in runs] if all(each) else []


def final_errors(records: Sequence[RunRecord]) -> dict[str, float] | None:
    """Return the mean training error over seeds by network, percent; None unless all four
    finished."""
    errors: dict[str, list[float]] = {}
    for record in records:
        if record.state == "finished" and record.train_error is not None:
            name = record.experiment.network.removeprefix("cifar/")
            errors.setdefault(name, []).append(record.train_error)
    if not all(name in errors for name in FOUR):
        return None
    return {name: sum(values) / len(values) for name, values in errors.items()}


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
    if errors["resnet-56"] >= min(errors["plain-20"], errors["resnet-20"]):
        iterations = max(record.experiment.iterations for record in records)
        sentences.append(say("home.saw.short_run", iterations=f"{iterations:,}"))
    return sentences


def measured_on(records: Sequence[RunRecord], say: Speaker) -> str:
    """Return the images and seeds that the sentences' errors are of."""
    images = max(record.experiment.evaluation_images for record in records)
    seeds = sorted({record.experiment.seed for record in records})
    n = max(1, len(records) // len(FOUR))
    key = "charts.caption.seed" if len(seeds) == 1 else "charts.caption.seeds"
    listed = ", ".join(map(str, seeds))
    named = say(key, seed=listed, seeds=listed, n=n)
    return say("home.saw.measured", images=f"{images:,}", seeds=named)


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
    gap = errors["plain-56"] - errors["plain-20"]
    if gap >= MATTERS:
        return "plain_worse"
    return "plain_close" if gap > -MATTERS else "plain_better"


def _shortcut(errors: Mapping[str, float]) -> str:
    better = errors["plain-56"] - errors["resnet-56"] >= MATTERS
    return "shortcut_better" if better else "shortcut_same"


def _percentages(errors: Mapping[str, float]) -> dict[str, str]:
    short = {"plain-20": "p20", "resnet-20": "r20", "plain-56": "p56", "resnet-56": "r56"}
    return {short[name]: f"{errors[name]:.1f}" for name in FOUR}
