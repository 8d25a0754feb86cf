"""`train`, `presets` and `measure`: from settings to trained networks, without a server."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

import click

from resnet_core.commands.follow import follow_runs, held_interrupts
from resnet_core.commands.options import experiment_options, given_settings, json_option
from resnet_core.commands.output import (
    duration,
    plural,
    print_json,
    print_result,
    print_runs,
    print_table,
)
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import PRESETS
from resnet_core.experiments.presets import preset as preset_named
from resnet_core.jobs import queue
from resnet_core.jobs.queue import facts_of
from resnet_core.runs.record import RunRecord
from resnet_core.system import environment
from resnet_core.system.texts import Message


@click.command()
@click.option("--preset", metavar="NAME", help="Named experiments; `presets` lists them.")
@click.option("--detach", is_flag=True, help="Queue the runs and do not wait for them.")
@json_option
@experiment_options()
def train(preset: str | None, detach: bool, as_json: bool, **options: Any) -> None:
    """Train one network, or a preset's networks together, to the end.

    \b
        python -m resnet_core train --preset one-minute
        python -m resnet_core train --network cifar/plain-56 --iterations 200 --seed 3
        python -m resnet_core train --preset cifar-two-minutes --data cifar10.tar.xz

    Every option below is a setting of an experiment; with --preset it replaces the
    preset's own. Ctrl-C saves a checkpoint of each run and says how to go on.
    """
    experiments = _experiments(preset, given_settings(options))
    with held_interrupts():
        ended = queue.submit(experiments)
        for reading in dict.fromkeys(run.data_reading for run in ended if run.data_reading):
            click.echo(str(Message.from_json(reading)), err=True)
        if not detach:
            ended = follow_runs([run.id for run in ended])
    if detach:
        from resnet_core.jobs import supervisor

        supervisor.ensure_running()
    if as_json:
        print_json([_result(run) for run in ended])
    else:
        _print(ended)
    if not detach and any(run.state != "finished" for run in ended):
        sys.exit(1)


@click.command()
@json_option
def presets(as_json: bool) -> None:
    """List the experiments that `train --preset NAME` starts."""
    if as_json:
        print_json(
            [
                {
                    "name": preset.name,
                    "title": preset.title,
                    "description": preset.description,
                    "experiments": [e.model_dump() for e in preset.build(0)],
                }
                for preset in PRESETS.values()
            ]
        )
        return
    rows = [(p.name, str(len(p.build(0))), p.description) for p in PRESETS.values()]
    print_table(("preset", "runs#", "what it shows"), rows)


@click.command()
@experiment_options()
@json_option
def measure(as_json: bool, **options: Any) -> None:
    """Time a few real updates of an experiment and say how long all of it would take.

    It takes the options of `train`, and as many threads as a worker would.
    """
    experiment = Experiment.create(**given_settings(options))
    # The data themselves are not needed: the time does not depend on what the images show.
    facts = facts_of(experiment)

    import torch

    from resnet_core.training.cost.run_time import estimate_run_time

    threads = environment.read().worker_threads
    if threads is not None:
        torch.set_num_threads(threads)
    timing = estimate_run_time(experiment, facts)
    print_result(
        dataclasses.asdict(timing),
        f"{experiment.network} on {timing.hardware} ({timing.precision}, "
        f"{plural(timing.threads, 'thread')}): "
        f"{timing.seconds_per_iteration * 1000:.0f} ms an iteration, "
        f"about {duration(timing.seconds)} for {experiment.iterations} iterations",
        as_json,
    )


def _experiments(preset: str | None, fields: dict[str, Any]) -> list[Experiment]:
    if preset is None:
        return [Experiment.create(**fields)]
    seed = Experiment.create(seed=fields.pop("seed", 0)).seed
    return [experiment.changed(**fields) for experiment in preset_named(preset).build(seed)]


def _result(run: RunRecord) -> dict[str, Any]:
    return {
        "id": run.id,
        "network": run.experiment.network,
        "seed": run.experiment.seed,
        "data": run.experiment.data,
        "final_train_error": run.train_error,
        "final_test_error": run.test_error,
        "seconds": run.seconds,
        "weights_sha256": run.weights_sha256,
        "state": run.state,
        "exit_reason": run.reason,
    }


def _print(runs: list[RunRecord]) -> None:
    titles = sorted({run.data_title for run in runs})
    columns = ("train error#", "test error#", "training time#")
    print_runs(runs, *columns, title=f"On {', '.join(titles)}")
    for run in runs:
        if run.state not in ("finished", "queued"):
            click.echo(f"{run.title}: {run.reason}", err=True)
