"""Where updates made ahead have to end."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from resnet_core.experiments.experiment import Experiment
from resnet_core.training import intervals, stretch

Make = Callable[..., Experiment]


def _make(**changes: int) -> Experiment:
    usual = {"iterations": 1000, "record_every": 1, "evaluate_every": 1000, "audit_every": 0}
    return Experiment.create(network="cifar/resnet-8", **{**usual, **changes})


def test_it_is_bounded_for_whoever_waits() -> None:
    assert stretch.length(_make(), 0) == stretch.MOST


def test_records_do_not_end_it_and_evaluations_do() -> None:
    assert stretch.length(_make(evaluate_every=10), 0) == 10
    assert stretch.length(_make(evaluate_every=10), 7) == 3


def test_it_ends_with_the_run_and_at_a_halt() -> None:
    assert stretch.length(_make(), 990) == 10
    assert stretch.length(_make(), 0, halts={3, 5}) == 3


def test_it_ends_where_the_rate_is_not_known_yet() -> None:
    assert stretch.length(_make(), 0, known=4) == 4


def test_an_audited_update_is_never_in_it() -> None:
    assert stretch.length(_make(audit_every=10), 0) == 9
    assert stretch.length(_make(audit_every=10), 9) == 0
    assert stretch.length(_make(audit_every=10), 10) == 9


@given(
    evaluate=st.integers(1, 90),
    audit=st.integers(0, 90),
    iterations=st.integers(1, 300),
    halts=st.sets(st.integers(1, 300)),
)
def test_only_its_last_update_is_one_to_look_at(
    evaluate: int, audit: int, iterations: int, halts: set[int]
) -> None:
    e = _make(evaluate_every=evaluate, audit_every=audit, iterations=iterations)
    iteration = 0
    while iteration < iterations:
        count = stretch.length(e, iteration, halts)
        assert 0 <= count <= stretch.MOST
        reached = iteration + (count or 1)
        for between in range(iteration + 1, reached):
            assert not intervals.evaluated(e, between)
            assert between not in halts
        audited = [at for at in range(iteration + 1, reached + 1) if intervals.audited(e, at)]
        assert audited == ([reached] if count == 0 else [])
        iteration = reached
    assert iteration == iterations
