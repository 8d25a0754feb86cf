"""`evaluate`: the error of a run's weights, computed anew."""

from __future__ import annotations

import click

from resnet_core.commands.output import json_option, print_json


@click.command()
@click.argument("run_id", metavar="ID")
@click.option("--checkpoint", "iteration", type=int, help="Its iteration. [the newest]")
@json_option
def evaluate(run_id: str, iteration: int | None, as_json: bool) -> None:
    """Compute a run's training and test error from its weights on disk.

    The training error is on the run's fixed subset of the training images, the test error on
    its test images; both in evaluation mode, without augmentation.
    """
    from resnet_core.jobs.worker.evaluation import evaluate as evaluate_run

    found = evaluate_run(run_id, iteration)
    if as_json:
        print_json(found)
        return
    click.echo(
        f"{run_id} after {found['iteration']} iterations, on {found['data']}: "
        f"training error {found['train_error']:.2f} % (n = {found['train_images']}), "
        f"test error {found['test_error']:.2f} % (n = {found['test_images']})"
    )
