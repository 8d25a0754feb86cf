"""The progress of runs in words: share, rate, time left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.language.texts import Speaker
from resnet_core.runs.record import ACTIVE, RunRecord


@dataclass(frozen=True)
class Progress:
    """Of some runs together.

    Attributes:
        share: from 0 to 1, by iterations.
        seconds_left: None where it is unknown.
    """

    share: float
    seconds_left: float | None
    active: bool


def progress(records: Sequence[RunRecord]) -> Progress:
    """Return the share of iterations computed, and the longest time left of the running runs."""
    total = sum(record.experiment.iterations for record in records if not record.imported)
    iterations = sum(record.iteration for record in records)
    left = [record.seconds_left for record in records if record.state == "running"]
    estimates = [seconds for seconds in left if seconds is not None]
    return Progress(
        share=iterations / total if total else 0.0,
        seconds_left=max(estimates) if estimates and len(estimates) == len(left) else None,
        active=any(record.state in ACTIVE for record in records),
    )


def describe(records: Sequence[RunRecord], say: Speaker) -> str:
    """Return one short line: "running · 62 % · 2,400 images/s · 12 s left"."""
    states = {record.state for record in records}
    labels = [say(f"common.state.{state}") for state in sorted(states)]
    parts = [", ".join(labels)] if states != {"finished"} else [say("common.state.finished")]
    now = progress(records)
    if "running" in states:
        parts.append(f"{now.share * 100:.0f} %")
        rates = [r.images_per_second for r in records if r.images_per_second]
        if rates:
            parts.append(say("charts.status.rate", n=f"{sum(rates) / len(rates):,.0f}"))
        if now.seconds_left is not None:
            parts.append(say("charts.status.left", time=duration(now.seconds_left, say)))
    return " · ".join(parts)


def duration(seconds: float, say: Speaker) -> str:
    """Return a length of time in its largest fitting unit."""
    if seconds < 90:
        return say("common.seconds", n=f"{seconds:.0f}")
    if seconds < 90 * 60:
        return say("common.minutes", n=f"{seconds / 60:.0f}")
    if seconds < 48 * 3600:
        return say("common.hours", n=f"{seconds / 3600:.1f}")
    return say("common.days", n=f"{seconds / 86400:.1f}")
