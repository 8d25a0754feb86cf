"""`make bench`: every comparison, side by side in one run, as a document.

python -m benchmarks                              all tables, some minutes
python -m benchmarks --only training --quick      one round of one of them
"""

from __future__ import annotations

import importlib
import time
from pathlib import Path

import click

from benchmarks import machine

# Each module gives `sections(quick)`: Markdown, one table at a time.
NAMES = (
    "training",
    "checkpoints",
    "storage",
    "viewers",
    "cold_start",
    "pages",
    "playground",
    "classroom",
)


@click.command()
@click.option("--only", type=click.Choice(NAMES), multiple=True, help="Leave the others out.")
@click.option("--quick", is_flag=True, help="One round each: whether it works, not how fast.")
@click.option("--write", type=click.Path(path_type=Path), help="Keep the document in this file.")
def main(only: tuple[str, ...], quick: bool, write: Path | None) -> None:
    """Measure this machine and print tables of ratios, each against a named alternative."""
    begun = time.monotonic()
    parts = [f"# Benchmarks\n\n{_INTRODUCTION}\n\n{machine.description()}\n"]
    click.echo(parts[0])
    if not only or "training" in only:
        parts.append(machine.peaks().section())
        click.echo(parts[-1])
    for name in only or NAMES:
        for section in importlib.import_module(f"benchmarks.{name}").sections(quick):
            parts.append(section)
            click.echo(section)
    parts.append(f"Measured in {(time.monotonic() - begun) / 60:.1f} minutes.\n")
    click.echo(parts[-1])
    if write:
        write.write_text("\n".join(parts), encoding="utf-8")


_INTRODUCTION = """Written by `make bench`. In each table the contenders take turns in one run, so
that whatever slows the machine slows all of them; the figures are medians, and what counts are the
ratios to the first line, which is the alternative."""


if __name__ == "__main__":
    main()
