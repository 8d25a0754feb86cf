"""The iterations at which a run evaluates, audits and records, and the chunks between them.

They follow from the iteration alone, so a resumed run measures at the same ones.
"""

from __future__ import annotations

from collections.abc import Container

from resnet_core.experiments.experiment import Experiment

# A GPU trains a ResNet-20 some 1500 times a second: neither charts nor a pause wait noticeably.
MAX_CHUNK = 64


def evaluation_due(experiment: Experiment, iteration: int) -> bool:
    """Return whether the network is evaluated: every `evaluate_every` iterations and at the end,
    but not before the first update."""
    last = iteration == experiment.iterations
    return last or (iteration > 0 and iteration % experiment.evaluate_every == 0)


def audit_due(experiment: Experiment, iteration: int) -> bool:
    """Return whether the pass is audited: every `audit_every` iterations from 0 on; 0: never."""
    return experiment.audit_every > 0 and iteration % experiment.audit_every == 0


def record_due(experiment: Experiment, iteration: int) -> bool:
    """Return whether the pass is recorded: every `record_every` iterations, and whenever there is
    an evaluation or an audit to record."""
    due = iteration % experiment.record_every == 0
    return due or evaluation_due(experiment, iteration) or audit_due(experiment, iteration)


def chunk_length(
    experiment: Experiment,
    iteration: int,
    sync_at: Container[int] = (),
    fixed_updates: int | None = None,
) -> int:
    """Return how many updates can be launched together, up to the next evaluation or iteration
    of `sync_at`, and before the next audit.

    Args:
        iteration: updates made so far.
        fixed_updates: see `learning_rate.Schedule`.

    Returns:
        At most `MAX_CHUNK`; 0: the very next update is audited, which no graph contains.
    """
    for count in range(1, MAX_CHUNK + 1):
        end = iteration + count
        if audit_due(experiment, end):
            return count - 1
        if count == fixed_updates or evaluation_due(experiment, end) or end in sync_at:
            return count
    return MAX_CHUNK
