"""The learning rate, and the iterations at which something is measured."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.experiments.experiment import Experiment
from resnet_core.training.schedule import (
    MAX_CHUNK,
    WARMUP_WINDOW,
    Plateau,
    Schedule,
    audit_due,
    chunk_length,
    evaluation_due,
    record_due,
)


def test_the_papers_recipe() -> None:
    schedule = Schedule(Experiment())
    rates = {iteration: schedule.rate(iteration) for iteration in range(64_000)}
    assert {i for i, rate in rates.items() if rate == 0.1} == set(range(32_000))
    assert {i for i, rate in rates.items() if rate == 0.01} == set(range(32_000, 48_000))
    assert {i for i, rate in rates.items() if rate == 0.001} == set(range(48_000, 64_000))


def test_given_milestones() -> None:
    schedule = Schedule(Experiment(iterations=10, milestones=(2, 3, 9), learning_rate=1))
    rates = [schedule.rate(iteration) for iteration in range(10)]
    assert rates == [1, 1, 0.1, *[0.01] * 6, 0.001]


def test_linear_warmup_rises_to_the_rate() -> None:
    experiment = Experiment(warmup="linear", warmup_iterations=4, learning_rate=0.4)
    schedule = Schedule(experiment)
    rates = [schedule.rate(iteration) for iteration in range(6)]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])


def test_a_drop_in_the_warmup_counts() -> None:
    experiment = Experiment(
        warmup="linear", warmup_iterations=4, learning_rate=0.4, iterations=10, milestones=(2,)
    )
    assert Schedule(experiment).rate(2) == pytest.approx(0.03)


def test_110_layers_train_at_a_tenth_until_the_error_is_below_80_percent() -> None:
    schedule = Schedule(Experiment(network="cifar/resnet-110"))
    window = WARMUP_WINDOW // 128
    for wrong in (115, 103):  # 89.8 and 80.5 %
        for _ in range(window):
            assert schedule.rate(0) == pytest.approx(0.01)
            schedule.observe_batch(wrong, 128)
    for _ in range(window):
        assert schedule.rate(0) == pytest.approx(0.01)
        schedule.observe_batch(102, 128)  # 79.7 %
    assert schedule.rate(0) == 0.1
    for _ in range(window):
        schedule.observe_batch(128, 128)
    assert schedule.rate(0) == 0.1  # it does not begin again


def test_one_good_batch_does_not_end_the_warmup() -> None:
    schedule = Schedule(Experiment(network="cifar/resnet-110"))
    schedule.observe_batch(0, 128)
    assert schedule.rate(1) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("network", "rate"), [("cifar/resnet-104", 0.1), ("cifar/plain-110", 0.01)]
)
def test_auto_warms_up_from_110_layers_on(network: str, rate: float) -> None:
    assert Schedule(Experiment(network=network)).rate(0) == pytest.approx(rate)


@pytest.mark.parametrize("batch_size", [2, 100, 5000])
def test_a_window_is_of_whole_batches(batch_size: int) -> None:
    schedule = Schedule(Experiment(warmup="until-error", batch_size=batch_size))
    batches = 0
    while schedule.rate(0) < 0.1:
        schedule.observe_batch(0, batch_size)
        batches += 1
    assert (batches - 1) * batch_size < WARMUP_WINDOW <= batches * batch_size


def test_restored_in_the_middle_of_a_window() -> None:
    experiment = Experiment(network="cifar/resnet-110")
    schedule, later = Schedule(experiment), Schedule(experiment)
    for _ in range(7):
        schedule.observe_batch(50, 128)
    later.load_state_dict(schedule.state_dict())
    for _ in range(WARMUP_WINDOW // 128 - 7):
        assert later.rate(0) == schedule.rate(0) == pytest.approx(0.01)
        schedule.observe_batch(50, 128)
        later.observe_batch(50, 128)
    assert later.rate(0) == schedule.rate(0) == 0.1
    last = Schedule(experiment)
    last.load_state_dict(later.state_dict())
    assert last.rate(0) == 0.1


# Errors of one evaluation after another, and the drops after each, with a patience of three.
TRACE = [
    *((60.0, 0), (50.0, 0), (52.0, 0), (51.0, 0)),
    (49.0, 0),  # just in time
    *((49.0, 0), (49.5, 0), (50.0, 1)),  # no less is no improvement
    *((49.0, 1), (55.0, 1)),  # the least stays 49, the count begins anew
    (40.0, 1),
    *((41.0, 1), (41.0, 1), (41.0, 2), (41.0, 2), (41.0, 2), (41.0, 3)),
]


def test_plateaus_of_a_trace_worked_out_by_hand() -> None:
    plateau = Plateau(3)
    for error, drops in TRACE:
        plateau.observe(error)
        assert plateau.drops == drops, error


@pytest.mark.parametrize("cut", range(len(TRACE)))
def test_a_plateau_is_restored_at_any_evaluation(cut: int) -> None:
    before = Plateau(3)
    for error, _ in TRACE[:cut]:
        before.observe(error)
    after = Plateau(3)
    after.load_state_dict(before.state_dict())
    for error, drops in TRACE[cut:]:
        after.observe(error)
        assert after.drops == drops


def test_the_rate_drops_at_each_plateau(make: Callable[..., Experiment]) -> None:
    schedule = Schedule(make(schedule="plateau", plateau_evaluations=3, learning_rate=0.5))
    for error, drops in TRACE:
        schedule.observe_evaluation(error)
        assert schedule.rate(10) == pytest.approx(0.5 / 10**drops)
    again = Schedule(make(schedule="plateau", plateau_evaluations=3, learning_rate=0.5))
    again.load_state_dict(schedule.state_dict())
    assert again.rate(0) == schedule.rate(0)


def test_milestones_ignore_plateaus(make: Callable[..., Experiment]) -> None:
    schedule = Schedule(make(milestones=(8,)))
    for _ in range(50):
        schedule.observe_evaluation(90.0)
    assert (schedule.rate(7), schedule.rate(8)) == (0.1, pytest.approx(0.01))


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
