"""The paper's statements on made-up runs: as in the paper, and not."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.page_data import ledger
from app.page_data.ledger import STATEMENTS, Check, MedianResponse, Statement
from resnet_core.experiments.experiment import Experiment
from resnet_core.paper import cifar
from resnet_core.paper.reruns import RERUNS
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord

DEGRADATION = STATEMENTS[0]


def _none(run: RunRecord) -> None:
    """No response was measured."""


def run(
    network: str,
    error: float,
    seed: int = 0,
    *,
    title: str = "CIFAR-10",
    state: str = "finished",
    **settings: object,
) -> RunRecord:
    experiment = Experiment.create(network=f"cifar/{network}", seed=seed, **settings)
    return RunRecord(
        id=f"{network}-{seed}-{error:.0f}",
        experiment=experiment,
        state=state,  # type: ignore[arg-type]
        created=0.0,
        train_error=error,
        test_error=error + 1,
        data_title=title,
    )


def checked(
    runs: list[RunRecord],
    statement: Statement = DEGRADATION,
    median: MedianResponse = _none,
) -> list[Check]:
    every = [ledger.check(statement, one, median) for one in ledger.recipes(runs)]
    return [check for check in every if check is not None]


def only(runs: list[RunRecord]) -> Check:
    (check,) = checked(runs)
    return check


@pytest.mark.parametrize(
    ("deep", "shallow", "verdict"),
    [(20.0, 10.0, "holds"), (10.0, 20.0, "fails"), (10.0, 10.0, "open"), (11.0, 10.0, "open")],
)
def test_a_statement_holds_or_does_not_as_the_numbers_say(
    deep: float, shallow: float, verdict: str
) -> None:
    check = only([run("plain-56", deep), run("plain-20", shallow)])
    assert check.verdict == verdict
    assert check.difference == deep - shallow


def test_one_seeds_margin_is_that_of_the_evaluated_images() -> None:
    """Two independent proportions, 1.96 standard errors: closed form."""
    check = only([run("plain-56", 20.0), run("plain-20", 10.0)])
    variance = (20 * 80 + 10 * 90) / check.runs[0].experiment.evaluation_images
    assert check.margin == pytest.approx(1.96 * variance**0.5)


def test_several_seeds_margin_is_students_interval_of_their_differences() -> None:
    """Differences 8, 10 and 12: deviation 2, t = 4.30 with two degrees of freedom."""
    deep = [run("plain-56", 10.0 + gap, seed) for seed, gap in enumerate((8.0, 10.0, 12.0))]
    check = only([*deep, *(run("plain-20", 10.0, seed) for seed in range(3))])
    assert (check.n, check.difference) == (3, 10.0)
    assert check.margin == pytest.approx(4.30 * 2 / 3**0.5)


def test_seeds_that_disagree_leave_a_statement_open() -> None:
    deep = [run("plain-56", error, seed) for seed, error in enumerate((9.0, 30.0, 12.0))]
    check = only([*deep, *(run("plain-20", 10.0, seed) for seed in range(3))])
    assert check.difference == pytest.approx(7.0)
    assert check.verdict == "open"


def test_only_seeds_that_both_networks_have_are_compared() -> None:
    check = only(
        [
            *(run("plain-56", error, seed) for seed, error in enumerate((30.0, 50.0, 99.0))),
            *(run("plain-20", error, seed) for seed, error in enumerate((10.0, 20.0))),
        ]
    )
    assert (check.above, check.below) == (40.0, 15.0)
    assert check.n == 2
    assert len(check.runs) == 4


@pytest.mark.parametrize(
    "other", [{"iterations": 100}, {"learning_rate": 0.05}, {"width": 8}, {"image_size": 16}]
)
def test_runs_of_different_recipes_are_never_compared(other: dict[str, object]) -> None:
    runs = [run("plain-56", 20.0), run("plain-20", 10.0, **other)]
    assert checked(runs) == []


def test_how_often_a_run_was_measured_does_not_set_it_apart() -> None:
    assert only([run("plain-56", 20.0, record_every=7), run("plain-20", 10.0, name="mine")])


@pytest.mark.parametrize("state", ["running", "diverged", "stopped", "queued"])
def test_unfinished_runs_check_nothing(state: str) -> None:
    runs = [run("plain-56", 20.0, state=state), run("plain-20", 10.0)]
    assert checked(runs) == []


def test_projections_are_not_taken_for_the_papers_twin() -> None:
    shortcuts = next(one for one in STATEMENTS if one.key == "shortcuts")
    runs = [run("plain-56", 20.0), run("resnet-56", 10.0, shortcut="B")]
    assert checked(runs, shortcuts) == []


def test_responses_come_from_whoever_reads_telemetry() -> None:
    response = next(one for one in STATEMENTS if one.key == "response")
    runs = [run("plain-56", 20.0), run("resnet-56", 10.0)]
    means = {"cifar/plain-56": 0.5, "cifar/resnet-56": 0.7}
    (check,) = checked(runs, response, lambda one: means[one.experiment.network])
    assert (check.above, check.below, check.verdict) == (0.5, 0.7, "fails")
    assert checked(runs, response) == []


def test_responses_that_are_nearly_the_same_decide_nothing() -> None:
    response = next(one for one in STATEMENTS if one.key == "deeper_response")
    runs = [run("resnet-20", 20.0), run("resnet-56", 10.0)]
    means = {"cifar/resnet-20": 0.92, "cifar/resnet-56": 0.91}
    (check,) = checked(runs, response, lambda one: means[one.experiment.network])
    assert check.verdict == "open"


def test_public_repetitions_are_held_to_the_same_statements() -> None:
    by_source = {rerun.source: rerun for rerun in RERUNS}
    test_errors = next(one for one in STATEMENTS if one.key == "degradation_test")
    several = ledger.reported(test_errors, by_source["nabla0001/resnet"])
    assert several is not None
    assert several.n == 5
    assert several.difference == pytest.approx(12.95 - 9.78)
    # 95 % interval of the difference of two means of five, t = 2.78.
    assert several.margin == pytest.approx(2.78 * (0.22**2 + 0.13**2) ** 0.5 / 5**0.5)
    assert several.verdict == "holds"
    assert ledger.reported(DEGRADATION, by_source["nabla0001/resnet"]) is None
    assert ledger.reported(test_errors, by_source["akamaster/pytorch_resnet_cifar10"]) is None


def test_table_6_takes_the_longest_repetition_with_all_its_seeds() -> None:
    long = [run("resnet-20", 7.0, 0), run("resnet-20", 8.0, 1)]
    short = run("resnet-20", 2.0, iterations=500)
    ours = ledger.table_6([short, *long])
    assert set(ours["resnet-20"]) == set(long)
    assert ledger.mean_test_error(ours["resnet-20"]) == 8.5
    assert ours["plain-56"] == ()
    assert ledger.mean_test_error(()) is None


@pytest.mark.parametrize(
    "unlike",
    [
        {"title": "CIFAR-100"},
        {"title": "shapes (embedded)"},
        {"title": "CIFAR-10 sample (6,000 JPEG images)"},
        {"image_size": 16},
        {"train_images": 5120},
        {"width": 8},
        {"shortcut": "B"},
        {"batch_norm": False},
    ],
)
def test_what_is_not_the_papers_network_and_images_is_no_line_of_table_6(
    unlike: dict[str, object],
) -> None:
    assert ledger.table_6([run("resnet-20", 7.0, **unlike)])["resnet-20"] == ()  # type: ignore[arg-type]


def test_every_difference_from_the_paper_is_named() -> None:
    assert ledger.causes([run("resnet-20", 7.0), run("resnet-20", 7.0, 1)]) == ()
    far = run(
        "resnet-20",
        7.0,
        title="CIFAR-10 (JPEG copy)",
        image_size=16,
        train_images=5120,
        width=8,
        batch_size=32,
        iterations=1060,
        learning_rate=0.2,
    )
    assert ledger.causes([far]) == (
        *("copy", "fewer_images", "smaller_images", "narrower", "shorter"),
        *("batch", "schedule", "one_seed"),
    )
    assert "other_data" in ledger.causes([run("resnet-20", 7.0, title="shapes (embedded)")])


def test_the_recorded_demo_is_checked(home: Path) -> None:
    titles = {check.runs[0].data_title for check in checked(queries.recorded())}
    assert "shapes (embedded)" in titles


def test_the_papers_numbers_agree_with_each_other() -> None:
    """Public re-runs lie within two points of Table 6, and depth helps up to 110 layers."""
    for rerun in RERUNS:
        for depth, error in rerun.residual.items():
            assert abs(error - cifar.TEST_ERROR[depth]) < 2
    falling = [cifar.TEST_ERROR[depth] for depth in (20, 32, 44, 56, 110)]
    assert falling == sorted(falling, reverse=True)
