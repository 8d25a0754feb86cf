"""`measure`: how long an experiment would take on this machine."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from resnet_core.commands.experiment_options import experiment_options, given
from resnet_core.commands.output import duration, json_option, print_json
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.submission import facts_of
from resnet_core.system import environment


@click.command()
@experiment_options()
@json_option
def measure(as_json: bool, **options: Any) -> None:
    """Time a few real updates of an experiment and say how long all of it would take.

    It takes the options of `train`, and as many threads as a worker would.
    """
    experiment = Experiment.create(**given(options))
    # The data themselves are not needed: the time does not depend on what the images show.
    facts = facts_of(experiment)

    import torch

    from resnet_core.training.cost.run_time import estimate_run_time

    threads = environment.threads()
    if threads is not None:
        torch.set_num_threads(threads)
    timing = estimate_run_time(experiment, facts)
    if as_json:
        print_json(dataclasses.asdict(timing))
        return
    click.echo(
        f"{experiment.network} on {timing.hardware} ({timing.precision}, {timing.threads} "
        f"{'thread' if timing.threads == 1 else 'threads'}): "
        f"{timing.seconds_per_iteration * 1000:.0f} ms an iteration, "
        f"about {duration(timing.seconds)} for {experiment.iterations} iterations"
    )
