"""Runs become curves: seeds with their range, forks from their parent on; thinning, smoothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app.figures.labels import labels, network_label
from app.figures.series import Member, Series, extremes, gather, moments, smoothed
from app.language.texts import speaker
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from tests.app.runs_on_record import put_on_record, write_stream

SAY = speaker("en")

_curves = arrays.arrays(
    np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6) | st.just(float("nan"))
)


def _members(*records: RunRecord) -> list[Member]:
    telemetry = {record.id: queries.telemetry(record.id) for record in records}
    return [
        Member(record, telemetry[record.id], telemetry.get(record.parent or ""))
        for record in records
    ]


def test_one_run_is_itself(home: Path) -> None:
    record = put_on_record("run-1", "cifar/resnet-56")
    (one,) = gather(_members(record), SAY)
    measured = queries.telemetry("run-1")
    assert (one.label, one.family, one.depth, one.count) == ("ResNet-56", "resnet", 56, 1)
    np.testing.assert_array_equal(one.time, measured.frame["iteration"])
    np.testing.assert_array_equal(one.error.mean, measured.frame["running_error"])
    np.testing.assert_array_equal(one.response.mean, measured.response_std)
    assert len(one.layers) == 55


def test_seeds_of_one_experiment_are_one_curve_with_mean_and_range(home: Path) -> None:
    records = [
        put_on_record(f"seed-{seed}", seed=seed, final_error=20.0 + 10 * seed) for seed in range(3)
    ]
    (one,) = gather(_members(*records), SAY, error="fixed")
    errors = np.stack([queries.telemetry(r.id).frame["train_error"] for r in records])
    assert one.count == 3
    np.testing.assert_allclose(one.error.mean, errors.mean(0))
    np.testing.assert_allclose(one.error.low, errors.min(0))
    np.testing.assert_allclose(one.error.high, errors.max(0))
    assert one.error.low[-1] == 20.0
    assert one.error.high[-1] == 40.0


def test_a_seed_that_is_not_as_far_counts_only_where_it_has_been(home: Path) -> None:
    whole = put_on_record("whole", seed=0, final_error=20.0)
    half = put_on_record("half-way", seed=1, reached=200, state="running", final_error=60.0)
    (one,) = gather(_members(whole, half), SAY, error="fixed")
    at = {int(time): row for row, time in enumerate(one.time)}
    assert one.error.mean[at[200]] == pytest.approx((55.0 + 75.0) / 2)
    assert one.error.mean[at[400]] == pytest.approx(20.0)
    assert one.error.high[at[400]] == one.error.low[at[400]] == pytest.approx(20.0)


def test_a_run_that_measured_nothing_adds_nothing(home: Path) -> None:
    whole = put_on_record("whole", seed=0)
    queued = put_on_record("queued", seed=1, state="queued", reached=0, measured=False)
    (one,) = gather(_members(queued, whole), SAY)
    assert one.count == 1
    assert len(one.time) == 41
    (empty,) = gather(_members(queued), SAY)
    assert len(empty.time) == 0
    assert empty.row_at(None) is None


@pytest.mark.parametrize(("x", "last"), [("iterations", 400), ("epochs", 10), ("seconds", 20)])
def test_time_is_counted_in_the_unit_asked_for(home: Path, x: str, last: float) -> None:
    (one,) = gather(_members(put_on_record("run-1")), SAY, x)
    assert one.time[0] == 0
    assert one.time[-1] == pytest.approx(last)


@pytest.mark.parametrize(("x", "left"), [("iterations", 200.0), ("epochs", 5.0), ("seconds", 10.0)])
def test_a_fork_begins_where_it_left_its_parent(home: Path, x: str, left: float) -> None:
    parent = put_on_record("parent", "cifar/plain-56")
    child = put_on_record(
        "child",
        "cifar/plain-56",
        measured=False,
        fields={"parent": "parent", "parent_iteration": 200},
    )
    write_stream(child, range(200, 401, 10))
    tree = gather(_members(parent, child), SAY, x)
    assert [one.forked_at for one in tree] == [None, pytest.approx(left)]
    assert tree[1].time[0] == pytest.approx(left)
    assert tree[1].time[-1] == pytest.approx(tree[0].time[-1])


def test_a_fork_is_never_averaged_with_others(home: Path) -> None:
    fields = {"parent": "parent", "parent_iteration": 200}
    records = [put_on_record("parent"), put_on_record("child", fields=fields)]
    assert len(gather(_members(*records), SAY)) == 2


def test_the_row_of_a_moment(home: Path) -> None:
    (one,) = gather(_members(put_on_record("run-1")), SAY)
    assert one.row_at(None) == 40
    assert one.row_at(0) == 0
    assert one.row_at(199.9) == 19
    assert one.row_at(200) == 20
    assert one.row_at(1e9) == 40
    assert one.row_at(-5) == 0


def test_keys_do_not_depend_on_the_order_of_seeds(home: Path) -> None:
    members = _members(put_on_record("seed-0", seed=0), put_on_record("seed-1", seed=1))
    assert _key(members) == _key(members[::-1])


def _key(members: list[Member]) -> str:
    (one,) = gather(members, SAY)
    return _only(one)


def _only(one: Series) -> str:
    return one.key


def test_names_are_the_papers() -> None:
    assert [
        network_label(f"cifar/{name}") for name in ("plain-56", "resnet-110", "highway-20")
    ] == [
        "plain-56",
        "ResNet-110",
        "highway-20",
    ]


def test_labels_tell_apart_by_what_differs(home: Path) -> None:
    records = [
        put_on_record("rate-1", learning_rate=0.1),
        put_on_record("rate-2", learning_rate=0.05, batch_norm=False),
        put_on_record("other", "cifar/resnet-20"),
    ]
    assert labels([[record] for record in records], SAY) == [
        "plain-20 · with batch normalisation · learning rate 0.1",
        "plain-20 · without batch normalisation · learning rate 0.05",
        "ResNet-20",
    ]


def test_labels_use_names_that_people_gave_and_never_repeat(home: Path) -> None:
    records = [
        put_on_record("run-aaa111", name="mine", learning_rate=0.1),
        put_on_record("run-bbb222", name="mine", learning_rate=0.2),
    ]
    assert labels([[record] for record in records], SAY) == ["mine · aaa111", "mine · bbb222"]


@given(values=_curves, most=st.integers(10, 60))
def test_extremes_and_ends_stay(values: np.ndarray, most: int) -> None:
    indices = extremes(values, most)
    present = np.flatnonzero(~np.isnan(values))
    assert len(indices) <= most
    assert np.all(np.diff(indices) > 0)
    assert not np.isnan(values[indices]).any()
    if len(present):
        assert indices[0] == present[0]
        assert indices[-1] == present[-1]
        assert values[indices].max() == values[present].max()
        assert values[indices].min() == values[present].min()


def test_a_spike_of_one_point_survives() -> None:
    values = np.zeros(10_000)
    values[4321] = 99.0
    assert 4321 in extremes(values, 400)


@given(length=st.integers(1, 500), most=st.integers(8, 200), seed=st.integers(0, 99))
def test_moments_keep_first_last_and_the_outermost_levels(
    length: int, most: int, seed: int
) -> None:
    matrices = [np.random.default_rng([seed, n]).normal(size=(length, 5)) for n in range(2)]
    indices = moments(matrices, length, most)
    assert len(indices) <= most
    assert {0, length - 1} <= set(indices.tolist())
    for matrix in matrices:
        level = matrix.mean(axis=1)
        assert {int(level.argmin()), int(level.argmax())} <= set(indices.tolist())


def test_smoothing_is_the_corrected_exponential_average() -> None:
    values = np.array([10.0, 20.0, np.nan, 40.0])
    weight = 0.5
    # The weights of 10 and 20 are 1/4 and 1/2, normalised; likewise for the third value.
    expected = [10.0, (2.5 + 10) / 0.75, np.nan, (1.25 + 5 + 20) / 0.875]
    np.testing.assert_allclose(smoothed(values, weight), expected)
    np.testing.assert_array_equal(smoothed(values, 0.0), values)


@given(level=st.floats(-1e3, 1e3), weight=st.floats(0, 0.95))
def test_a_constant_stays_what_it_is(level: float, weight: float) -> None:
    np.testing.assert_allclose(smoothed(np.full(9, level), weight), level, atol=1e-9)
