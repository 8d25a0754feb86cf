"""`data`: the data sets that there are, how one is read, and fetching one."""

from __future__ import annotations

from typing import Any

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from resnet_core.commands.options import json_option
from resnet_core.commands.output import print_json, print_result, print_table
from resnet_core.data import catalog
from resnet_core.data.dataset import Selection


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


@data.command()
@click.argument("name", metavar="NAME|PATH")
@json_option
def describe(name: str, as_json: bool) -> None:
    """Say how a folder, an archive or a file is read: its classes, its images, what is left out."""
    facts = catalog.facts(Selection(name))
    reading = facts.reading()
    values = {
        "data": facts.name,
        "title": facts.title,
        "classes": list(facts.class_names) or facts.classes,
        "train_images": facts.train_images,
        "test_images": facts.test_images,
        "image_size": facts.image_size,
        "channels": facts.channels,
        "notes": [str(note) for note in facts.notes],
    }
    sizes = f"{facts.classes} classes; {facts.train_images:,} training, {facts.test_images:,} test"
    sentence = str(reading) if reading else f"{sizes} images."
    pixels = f"{facts.image_size} x {facts.image_size} pixels"
    print_result(values, f"{facts.title}: {sentence} Images have {pixels}.", as_json)


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
