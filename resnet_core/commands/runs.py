"""`runs`: the list of runs, and the commands on one."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import click

from resnet_core.commands.options import (
    experiment_options,
    given_settings,
    json_option,
    run_id_argument,
)
from resnet_core.commands.output import (
    print_json,
    print_result,
    print_runs,
    print_table,
    run_as_dict,
)
from resnet_core.jobs import queue, supervisor
from resnet_core.runs import imported, queries
from resnet_core.runs.record import RunRecord


@click.group()
def runs() -> None:
    """List runs and act on them; ID is what `runs list` shows."""


@runs.command("list")
@click.option("--recorded", is_flag=True, help="The recordings that ship with the project instead.")
@json_option
def list_(recorded: bool, as_json: bool) -> None:
    """List all runs, newest first."""
    supervisor.end_all_dead()
    listed = queries.recorded() if recorded else queries.runs()
    if as_json:
        print_json([run_as_dict(run) for run in listed])
    elif listed:
        print_runs(listed, "iteration#", "train error#", "test error#", "time left#")
    else:
        click.echo("No runs yet. Start some: python -m resnet_core train --preset one-minute")


@runs.command()
@run_id_argument
@json_option
def show(run_id: str, as_json: bool) -> None:
    """Show everything on record about a run."""
    supervisor.end_all_dead()
    run = queries.run(run_id)
    folder, points = str(queries.folder(run).path), queries.fork_points(run_id)
    source = imported.of(run)
    if as_json:
        record = {**run_as_dict(run), "folder": folder, "fork_points": points}
        print_json(record | ({"imported": dataclasses.asdict(source)} if source else {}))
        return
    facts = dataclasses.asdict(dataclasses.replace(run, experiment=None))  # type: ignore[arg-type]
    for time_field in ("created", "started", "ended", "heartbeat"):
        facts[time_field] = _clock(facts[time_field])
    facts["forks can start at"] = ", ".join(map(str, points))
    facts["folder"] = folder
    rows = [(name, str(value)) for name, value in facts.items() if value not in (None, "", False)]
    # Of an import's experiment, little more than the network and the data is its own.
    settings_of_run = run.experiment.to_query() if source else run.experiment.model_dump()
    settings = [*settings_of_run.items(), *(dataclasses.asdict(source).items() if source else ())]
    print_table(("", ""), rows, title=run.title)
    print_table(("", ""), [(name, str(value)) for name, value in settings], title="\nSettings")


@runs.command()
@run_id_argument
@click.option("-n", "lines", default=50, type=click.IntRange(1, 100_000), help="Last lines. [50]")
def log(run_id: str, lines: int) -> None:
    """Show the end of a run's log."""
    click.echo(queries.log_tail(run_id, lines))


@runs.command()
@run_id_argument
def pause(run_id: str) -> None:
    """Save a run's state and free its slot; `resume` goes on."""
    _act(queue.pause, run_id)


@runs.command()
@run_id_argument
@click.option("--now", is_flag=True, help="Kill the worker; only checkpoints are kept.")
def stop(run_id: str, now: bool) -> None:
    """Save a run's state and end it."""
    _act(lambda run_id: queue.stop(run_id, now), run_id)


@runs.command()
@run_id_argument
def resume(run_id: str) -> None:
    """Queue a run again; it goes on from its newest checkpoint."""
    _act(queue.resume, run_id)


@runs.command()
@run_id_argument
def retry(run_id: str) -> None:
    """Queue a run once more, from its beginning."""
    _act(queue.retry, run_id)


@runs.command()
@run_id_argument
@click.argument("position", type=int)
def move(run_id: str, position: int) -> None:
    """Give a queued run another place in the queue; 1 is the next to start."""
    _act(lambda run_id: queue.move(run_id, position), run_id)


@runs.command()
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True)
def delete(run_ids: tuple[str, ...]) -> None:
    """Delete runs that do not run, with their folders."""
    for run_id in run_ids:
        queue.delete(run_id)
        click.echo(f"{run_id} is deleted.")


@runs.command()
@run_id_argument
@click.option("--at", "iteration", type=int, help="The checkpoint's iteration. [the newest]")
@experiment_options()
@json_option
def fork(run_id: str, iteration: int | None, as_json: bool, **options: Any) -> None:
    """Start a new run from a run's checkpoint, with some settings changed.

    \b
    Take the shortcuts away from a trained network:
        python -m resnet_core runs fork ID --at 200 --network cifar/plain-56
    """
    if iteration is None:
        iteration = max(queries.fork_points(run_id), default=0)
    child = queue.fork(run_id, iteration, **given_settings(options))
    supervisor.ensure_running()
    print_result(run_as_dict(child), f"{child.title} is queued as {child.id}.", as_json)


def _act(command: Callable[[str], RunRecord], run_id: str) -> None:
    command(run_id)
    supervisor.ensure_running()
    run = queries.run(run_id)
    if run.request:
        click.echo(f"{run.title} is asked to {run.request}.")
    elif run.state == "queued":
        click.echo(f"{run.title} is queued, place {run.position:.0f}.")
    else:
        click.echo(f"{run.title} is {run.state}. {run.reason}".strip())


def _clock(moment: float | None) -> str:
    return "" if moment is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
