"""The puzzle's four networks as they ship with the project: on photographs, and on shapes."""

from __future__ import annotations

from resnet_core.experiments import presets
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord

# Groups of recordings, the nearest to the paper first; the last is what the button repeats.
GROUPS = ("paper", "paper-8000", "cifar-two-minutes", "one-minute")


def groups() -> list[str]:
    """Those that there are, the one to begin with first."""
    return [group for group in GROUPS if four(group)]


def first() -> list[RunRecord]:
    """What the home page begins with; nothing where nothing is on record."""
    return next((runs for group in GROUPS if (runs := four(group))), [])


def four(group: str) -> list[RunRecord]:
    """The four networks of this group, every seed, in the puzzle's order; [] if one is missing."""
    recorded = [
        run for run in queries.recorded() if run.group == group and run.experiment.shortcut == "A"
    ]
    found = [[run for run in recorded if run.experiment.network == name] for name in presets.FOUR]
    return [run for runs in found for run in runs] if all(found) else []
