"""The iterations at which a run measures, and the chunks of updates between them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from resnet_core.experiments.experiment import Experiment
from resnet_core.training.intervals import (
    MAX_CHUNK,
    audit_due,
    chunk_length,
    evaluation_due,
    record_due,
)


def _make(**changes: int) -> Experiment:
    usual = {"iterations": 1000, "record_every": 1, "evaluate_every": 1000, "audit_every": 0}
    return Experiment.create(network="cifar/resnet-8", **{**usual, **changes})


def _at(due: Callable[[Experiment, int], bool], experiment: Experiment) -> list[int]:
    return [i for i in range(experiment.iterations + 1) if due(experiment, i)]


def test_each_at_its_interval() -> None:
    experiment = Experiment(iterations=10, record_every=4, evaluate_every=3, audit_every=5)
    assert _at(evaluation_due, experiment) == [3, 6, 9, 10]
    assert _at(audit_due, experiment) == [0, 5, 10]
    assert _at(record_due, experiment) == [0, 3, 4, 5, 6, 8, 9, 10]


def test_no_audits() -> None:
    experiment = Experiment(iterations=10, record_every=20, evaluate_every=20, audit_every=0)
    assert _at(audit_due, experiment) == []
    assert _at(record_due, experiment) == [0, 10]


def test_a_chunk_has_a_maximum_length() -> None:
    assert chunk_length(_make(), 0) == MAX_CHUNK


def test_a_chunk_ends_at_an_evaluation_and_not_at_a_record() -> None:
    assert chunk_length(_make(evaluate_every=10), 0) == 10
    assert chunk_length(_make(evaluate_every=10), 7) == 3


def test_a_chunk_ends_with_the_run_and_where_the_weights_are_needed() -> None:
    assert chunk_length(_make(), 990) == 10
    assert chunk_length(_make(), 0, sync_at={3, 5}) == 3


def test_a_chunk_ends_where_the_rate_depends_on_results() -> None:
    assert chunk_length(_make(), 0, fixed_updates=4) == 4


def test_a_chunk_contains_no_audited_update() -> None:
    assert chunk_length(_make(audit_every=10), 0) == 9
    assert chunk_length(_make(audit_every=10), 9) == 0
    assert chunk_length(_make(audit_every=10), 10) == 9


@given(
    evaluate=st.integers(1, 90),
    audit=st.integers(0, 90),
    iterations=st.integers(1, 300),
    sync_at=st.sets(st.integers(1, 300)),
)
def test_only_the_last_update_of_a_chunk_needs_the_weights(
    evaluate: int, audit: int, iterations: int, sync_at: set[int]
) -> None:
    e = _make(evaluate_every=evaluate, audit_every=audit, iterations=iterations)
    iteration = 0
    while iteration < iterations:
        count = chunk_length(e, iteration, sync_at)
        assert 0 <= count <= MAX_CHUNK
        end = iteration + (count or 1)
        for between in range(iteration + 1, end):
            assert not evaluation_due(e, between)
            assert between not in sync_at
        audited = [at for at in range(iteration + 1, end + 1) if audit_due(e, at)]
        assert audited == ([end] if count == 0 else [])
        iteration = end
    assert iteration == iterations
