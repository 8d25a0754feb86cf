"""`worker`: train one run, or wait for one with torch imported."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("run_dir", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--wait", is_flag=True, help="Wait for a run's folder, in JSON, a line of input.")
@click.option("--fork", is_flag=True, help="With --wait: a process a line; print its pid.")
def worker(run_dir: Path | None, wait: bool, fork: bool) -> None:
    """Train the run whose folder is RUN_DIR, from its newest checkpoint to its end.

    The supervisor starts workers as they are needed; you can do it by hand as well. Ctrl-C saves
    a checkpoint first.
    """
    if wait:
        from resnet_core.jobs.worker import waiting

        sys.exit(waiting.wait(fork))
    if run_dir is None:
        raise click.UsageError("Name the folder of a run, or use --wait.")
    from resnet_core.jobs.worker.work import work

    sys.exit(work(run_dir))
