"""`supervise`: the process that starts workers and watches over them."""

from __future__ import annotations

import logging

import click

from resnet_core.jobs import supervisor
from resnet_core.jobs.local_process import LocalProcesses


@click.command()
def supervise() -> None:
    """Start queued runs while there are free slots, until there is nothing more to do.

    The app and `train` start it by themselves. A second one for the same folder ends at once.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    supervisor.supervise(LocalProcesses())
