"""The paper's statements on made-up runs: as in the paper, and not."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.page_data import ledger
from app.page_data.ledger import STATEMENTS, Check, Recipe
from resnet_core.experiments.experiment import Experiment
from resnet_core.paper import cifar
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord

DEGRADATION = STATEMENTS[0]


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


def only(runs: list[RunRecord]) -> Check:
    (check,) = ledger.checks(DEGRADATION, ledger.recipes(runs), lambda _: None)
    return check


def test_a_statement_holds_or_does_not_as_the_numbers_say() -> None:
    as_printed = only([run("plain-56", 20.0), run("plain-20", 10.0)])
    assert as_printed.holds
    assert as_printed.difference == 10.0
    otherwise = only([run("plain-56", 10.0), run("plain-20", 20.0)])
    assert not otherwise.holds
    assert not only([run("plain-56", 10.0), run("plain-20", 10.0)]).holds


def test_only_seeds_that_both_networks_have_are_compared() -> None:
    check = only(
        [
            *(run("plain-56", error, seed) for seed, error in enumerate((30.0, 50.0, 99.0))),
            *(run("plain-20", error, seed) for seed, error in enumerate((10.0, 20.0))),
        ]
    )
    assert (check.above, check.below) == (40.0, 15.0)
    assert check.seeds == (0, 1)
    assert len(check.runs) == 4


@pytest.mark.parametrize(
    "other", [{"iterations": 100}, {"learning_rate": 0.05}, {"width": 8}, {"image_size": 16}]
)
def test_runs_of_different_recipes_are_never_compared(other: dict[str, object]) -> None:
    runs = [run("plain-56", 20.0), run("plain-20", 10.0, **other)]
    assert ledger.checks(DEGRADATION, ledger.recipes(runs), lambda _: None) == []


def test_how_often_a_run_was_measured_does_not_set_it_apart() -> None:
    assert only([run("plain-56", 20.0, record_every=7), run("plain-20", 10.0, name="mine")])


@pytest.mark.parametrize("state", ["running", "diverged", "stopped", "queued"])
def test_unfinished_runs_check_nothing(state: str) -> None:
    runs = [run("plain-56", 20.0, state=state), run("plain-20", 10.0)]
    assert ledger.checks(DEGRADATION, ledger.recipes(runs), lambda _: None) == []


def test_projections_are_not_taken_for_the_papers_twin() -> None:
    shortcuts = STATEMENTS[1]
    runs = [run("plain-56", 20.0), run("resnet-56", 10.0, shortcut="B")]
    assert ledger.checks(shortcuts, ledger.recipes(runs), lambda _: None) == []


def test_responses_come_from_whoever_reads_telemetry() -> None:
    response = next(one for one in STATEMENTS if one.key == "response")
    runs = [run("plain-56", 20.0), run("resnet-56", 10.0)]
    means = {"cifar/plain-56": 0.5, "cifar/resnet-56": 0.7}
    (check,) = ledger.checks(
        response, ledger.recipes(runs), lambda one: means[one.experiment.network]
    )
    assert (check.above, check.below, check.holds) == (0.5, 0.7, False)
    assert ledger.checks(response, ledger.recipes(runs), lambda _: None) == []


def test_table_6_takes_the_longest_repetition_with_all_its_seeds() -> None:
    long = [run("resnet-20", 7.0, 0), run("resnet-20", 8.0, 1)]
    short = run("resnet-20", 2.0, iterations=500)
    line = ledger.table_6([short, *long])[0]
    assert (line.depth, line.paper, line.ours) == (20, 8.75, 8.5)
    assert set(line.runs) == set(long)
    assert line.causes == ()


@pytest.mark.parametrize(
    "unlike",
    [
        {"title": "CIFAR-100"},
        {"title": "shapes (embedded)"},
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
    assert ledger.table_6([run("resnet-20", 7.0, **unlike)])[0].ours is None  # type: ignore[arg-type]


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
    known = ledger.recipes(queries.recorded())
    checks = ledger.checks(DEGRADATION, known, lambda _: None)
    assert {check.runs[0].data_title for check in checks} >= {"shapes (embedded)"}
    assert all(isinstance(recipe, Recipe) for recipe in known)


def test_the_papers_numbers_agree_with_each_other() -> None:
    """Public re-runs lie within a point of Table 6, and depth helps up to 110 layers."""
    for depth, errors in cifar.RERUNS.items():
        assert all(abs(error - cifar.TEST_ERROR[depth]) < 1 for error in errors)
    falling = [cifar.TEST_ERROR[depth] for depth in (20, 32, 44, 56, 110)]
    assert falling == sorted(falling, reverse=True)
