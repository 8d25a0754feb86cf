"""`data`: the data sets that there are, and fetching one."""

from __future__ import annotations

from typing import Any

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from resnet_core.commands.options import json_option
from resnet_core.commands.output import print_json, print_table
from resnet_core.data import catalog


@click.group()
def data() -> None:
    """See which data sets there are, or fetch one."""


@data.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the data sets and say where each is, or how to get it."""
    entries = catalog.available()
    if as_json:
        print_json([_as_dict(entry) for entry in entries])
        return
    rows = [(e.name, e.title, "yes" if e.present else "no", str(e.access)) for e in entries]
    print_table(("name", "title", "here", "how"), rows)


@click.command()
@click.argument("name")
def download(name: str) -> None:
    """Fetch a public data set: cifar10, cifar100, mnist, fashionmnist or svhn.

    The file is checked before it takes its name. RESIDUAL_PLAYGROUND_MIRROR names another address
    that has NAME/FILE.
    """
    from resnet_core.data.public.download import download as fetch

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns) as progress:
        tasks = {}

        def show(file: str, received: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = progress.add_task(file, total=total)
            progress.update(tasks[file], completed=received)

        root = fetch(name.strip().lower(), show)
    click.echo(f"{name} is in {root}.")


data.add_command(download)


def _as_dict(entry: catalog.Entry) -> dict[str, Any]:
    """Return the entry for JSON, where `access` has always been called `how`."""
    values = dict(vars(entry))
    return {**values, "how": values.pop("access")}
