"""How far runs are, in words: progress, rate, time left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.language.texts import Speaker
from resnet_core.runs.record import ACTIVE, RunRecord


@dataclass(frozen=True)
class Progress:
    """Of some runs together.

    Attributes:
        done: from 0 to 1, by iterations.
        seconds_left: None where it is not known.
    """

    done: float
    seconds_left: float | None
    active: bool


def progress(records: Sequence[RunRecord]) -> Progress:
    """How far the runs are, and how long those that run will still take."""
    total = sum(record.experiment.iterations for record in records if not record.imported)
    made = sum(record.iteration for record in records)
    left = [record.seconds_left for record in records if record.state == "running"]
    known = [seconds for seconds in left if seconds is not None]
    return Progress(
        done=made / total if total else 0.0,
        seconds_left=max(known) if known and len(known) == len(left) else None,
        active=any(record.state in ACTIVE for record in records),
    )


def describe(records: Sequence[RunRecord], say: Speaker) -> str:
    """One short line: "running · 62 % · 2,400 images/s · 12 s left"."""
    states = {record.state for record in records}
    said = [say(f"common.state.{state}") for state in sorted(states)]
    parts = [", ".join(said)] if states != {"finished"} else [say("common.state.finished")]
    now = progress(records)
    if "running" in states:
        parts.append(f"{now.done * 100:.0f} %")
        rates = [r.images_per_second for r in records if r.images_per_second]
        if rates:
            parts.append(say("charts.status.rate", n=f"{sum(rates) / len(rates):,.0f}"))
        if now.seconds_left is not None:
            parts.append(say("charts.status.left", time=duration(now.seconds_left, say)))
    return " · ".join(parts)


def duration(seconds: float, say: Speaker) -> str:
    """A length of time in its largest fitting unit."""
    if seconds < 90:
        return say("common.seconds", n=f"{seconds:.0f}")
    if seconds < 90 * 60:
        return say("common.minutes", n=f"{seconds / 60:.0f}")
    if seconds < 48 * 3600:
        return say("common.hours", n=f"{seconds / 3600:.1f}")
    return say("common.days", n=f"{seconds / 86400:.1f}")
