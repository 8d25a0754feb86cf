"""`worker` and `supervise`: the processes that compute, and the one that starts them."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--wait", is_flag=True, help="Wait for a folder, in JSON, a line of input.")
@click.option("--fork", is_flag=True, help="With --wait: a process a line; print its pid.")
def worker(folder: Path | None, wait: bool, fork: bool) -> None:
    """Train the run whose folder this is, from its newest checkpoint to its end, or compute
    what the laboratory whose folder it is was asked.

    The supervisor starts workers as they are needed; you can do it by hand as well. Ctrl-C saves
    a checkpoint first.
    """
    if wait:
        from resnet_core.jobs.worker import waiting

        sys.exit(waiting.wait(fork))
    if folder is None:
        raise click.UsageError("Name the folder of a run or a laboratory, or use --wait.")
    from resnet_core.jobs.worker.waiting import work

    sys.exit(work(folder))


@click.command()
def supervise() -> None:
    """Start queued runs while there are free slots, until there is nothing more to do.

    The app and `train` start it by themselves. A second one for the same folder ends at once.
    """
    from resnet_core.jobs import supervisor
    from resnet_core.jobs.engine import LocalProcesses

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    supervisor.supervise(LocalProcesses())
