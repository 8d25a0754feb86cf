"""`reproduce` with a real supervisor and real workers, on networks of a few seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from resnet_core.commands import follow
from resnet_core.commands import reproduce as command
from resnet_core.experiments import reproductions
from resnet_core.experiments.reproductions import Reproduction
from resnet_core.jobs import supervisor
from resnet_core.runs import queries, store
from resnet_core.system import processes
from tests.small_runs import small

LONG = 100_000


@pytest.fixture
def runner(home: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """Plans `small` (two seeds) and `long` (one that takes longer than anybody waits)."""
    plans = {
        "small": lambda scale: [small(small_data, seed=seed) for seed in scale.seeds],
        "long": lambda scale: [small(small_data), small(small_data, iterations=LONG)],
    }
    known = {name: Reproduction(name, name, plan) for name, plan in plans.items()}
    monkeypatch.setattr(reproductions, "REPRODUCTIONS", known)
    yield CliRunner()
    for run in store.of_home().in_states({"running"}):
        if run.pid is not None:
            processes.kill(run.pid, run.pid_created)
    last = supervisor.identity()
    if last is not None:
        processes.kill(last.pid, last.created)


def _run(runner: CliRunner, *arguments: str) -> Result:
    return runner.invoke(command.reproduce, [*arguments], catch_exceptions=False)


def test_it_trains_records_and_then_has_nothing_left_to_do(
    runner: CliRunner, tmp_path: Path
) -> None:
    arguments = ("small", "--seeds", "0,1", "--iterations", "40", "--to", str(tmp_path), "--json")
    first = _run(runner, *arguments)
    assert first.exit_code == 0, first.output
    said = json.loads(first.stdout)
    assert [run["state"] for run in said["runs"]] == ["finished"] * 2
    assert [Path(path).name for path in said["recordings"]] == [
        "paper-40-resnet-8-seed-0",
        "paper-40-resnet-8-seed-1",
    ]
    for path in said["recordings"]:
        assert {"run.json", "experiment.json", "telemetry.parquet"} <= {
            file.name for file in Path(path).iterdir()
        }
    again = json.loads(_run(runner, *arguments).stdout)
    assert again == said
    assert len(queries.runs()) == 2


def test_when_the_budget_is_spent_runs_are_paused_and_only_finished_ones_recorded(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clock() -> float:
        """An hour has passed once the short run is finished and the long one is on its way."""
        runs = sorted(queries.runs(), key=lambda run: run.experiment.iterations)
        reached = runs[0].state == "finished" and runs[1].iteration > 0
        return time.monotonic() + (3601 if reached else 0)

    monkeypatch.setattr(follow, "time", SimpleNamespace(monotonic=clock, sleep=time.sleep))
    ended = _run(runner, "long", "--budget", "60", "--to", str(tmp_path), "--json")
    assert ended.exit_code == 1
    said = json.loads(ended.stdout)
    short, long = sorted(queries.runs(), key=lambda run: run.experiment.iterations)
    assert (short.state, long.state) == ("finished", "paused")
    assert 0 < long.iteration < LONG
    assert [Path(path).name for path in said["recordings"]] == ["paper-8000-resnet-8-seed-0"]


def test_a_plan_trains_nothing(runner: CliRunner) -> None:
    planned = json.loads(_run(runner, "small", "--seeds", "3", "--plan", "--json").stdout)
    assert [one["seed"] for one in planned] == [3]
    assert queries.runs() == []


@pytest.mark.parametrize("seeds", ["one", "-1", "1.5", "99999999999"])
def test_seeds_that_are_none_are_refused(runner: CliRunner, seeds: str) -> None:
    with pytest.raises(command.InvalidSetting, match="seeds"):
        _run(runner, "small", "--seeds", seeds)
