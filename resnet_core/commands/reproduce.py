"""`reproduce`: train what a figure or table of the paper shows, and put it on record."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from resnet_core.commands.follow import follow_runs, held_interrupts
from resnet_core.commands.options import json_option, recordings_option
from resnet_core.commands.output import print_json, print_runs, print_table, run_as_dict
from resnet_core.errors import InvalidSetting, WrongState
from resnet_core.experiments import reproductions
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.reproductions import PAPER_ITERATIONS, SCALED_ITERATIONS, Scale
from resnet_core.jobs import queue
from resnet_core.runs.record import ACTIVE, RunRecord


@click.command()
@click.argument("name", metavar="|".join(reproductions.REPRODUCTIONS))
@click.option("--data", default="cifar10", help="CIFAR-10, or the path of a copy. [cifar10]")
@click.option(
    "--iterations",
    type=click.IntRange(1, 10_000_000),
    help=f"Of every run; the schedule scales. [{PAPER_ITERATIONS} on a GPU, else "
    f"{SCALED_ITERATIONS}]",
)
@click.option("--seeds", default="", help="For example 0,1,2. [0,1,2 on a GPU, else 0]")
@click.option("--budget", type=click.FloatRange(0, min_open=True), help="Minutes to spend now.")
@recordings_option
@click.option("--plan", "only_plan", is_flag=True, help="Say what would be trained, and end.")
@json_option
def reproduce(
    name: str,
    data: str,
    iterations: int | None,
    seeds: str,
    budget: float | None,
    folder: Path,
    only_plan: bool,
    as_json: bool,
) -> None:
    """Train what a figure or table of the paper shows, and write compact recordings of it.

    \b
        python -m resnet_core reproduce figure6 --data cifar10.tar.xz --budget 60
        python -m resnet_core reproduce one-minute --seeds 0,1,2

    The same command again goes on where it ended: runs that are finished are not trained
    twice, others are resumed. When the budget is spent, runs are paused. Only finished runs
    are recorded.
    """
    reproduction = reproductions.reproduction(name)
    scale = _scale(data, iterations, seeds)
    experiments = reproduction.plan(scale)
    if only_plan:
        _print_plan(experiments, as_json)
        return
    group = name if name == "one-minute" else reproductions.group(scale)
    seconds = None if budget is None else 60 * budget
    with held_interrupts():
        submitted = queue.submit_or_resume(experiments, group)
        ended = follow_runs([run.id for run in submitted], seconds)
    _pause(ended)
    paths = [
        path for run in ended if run.state == "finished" for path in _record(run, group, folder)
    ]
    _print_results(ended, paths, as_json)
    sys.exit(0 if all(run.state == "finished" for run in ended) else 1)


def _scale(data: str, iterations: int | None, seeds: str) -> Scale:
    import torch  # only here: planning with given iterations and seeds is quick without it

    gpu = torch.cuda.is_available()
    return Scale(
        full=gpu,
        iterations=iterations or (PAPER_ITERATIONS if gpu else SCALED_ITERATIONS),
        seeds=_numbers(seeds) or ((0, 1, 2) if gpu else (0,)),
        data=data,
    )


def _numbers(seeds: str) -> tuple[int, ...]:
    parts = [part.strip() for part in seeds.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) < 2**31 for part in parts):
        raise InvalidSetting("seeds", "command.seeds", given=seeds[:60])
    return tuple(dict.fromkeys(int(part) for part in parts))


def _pause(runs: Sequence[RunRecord]) -> None:
    """Pause the runs that are still active when the budget is spent."""
    active = [run.id for run in runs if run.state in ACTIVE]
    for run_id in active:
        try:
            queue.pause(run_id)
        except WrongState:
            continue  # it has ended by itself
    follow_runs(active)


def _record(run: RunRecord, group: str, folder: Path) -> list[Path]:
    from resnet_core.runs.recording import record

    experiment = run.experiment
    option = "" if experiment.shortcut == "A" else f"-option-{experiment.shortcut.lower()}"
    first = experiment.network in reproductions.WITH_WEIGHTS and experiment.seed == 0
    return record(
        [run.id], folder, group, id_prefix=f"{group}{option}", weights=first and not option
    )


def _print_plan(experiments: Sequence[Experiment], as_json: bool) -> None:
    if as_json:
        print_json([experiment.model_dump() for experiment in experiments])
        return
    rows = [
        (one.network, one.shortcut, str(one.seed), str(one.iterations), one.data)
        for one in experiments
    ]
    print_table(("network", "shortcut", "seed#", "iterations#", "data"), rows)


def _print_results(runs: Sequence[RunRecord], paths: Sequence[Path], as_json: bool) -> None:
    if as_json:
        print_json({"runs": [run_as_dict(run) for run in runs], "recordings": paths})
        return
    print_runs(runs, "iteration#", "train error#", "test error#", "training time#")
    if any(run.state != "finished" for run in runs):
        click.echo("The same command goes on from here.", err=True)
