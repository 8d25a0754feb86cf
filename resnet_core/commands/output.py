"""Printing of the commands: JSON for programs, tables and sentences for people."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from resnet_core.runs.record import RunRecord


def print_json(value: Any) -> None:
    """Print JSON; paths, messages and other objects as text."""
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False, default=str)
    click.echo(text)


def print_result(value: Any, sentence: str, as_json: bool) -> None:
    """Print JSON for a program, or a sentence for people."""
    if as_json:
        print_json(value)
    else:
        click.echo(sentence)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table as wide as the terminal; a heading ending in "#" is of a column of numbers."""
    table = Table(
        title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False
    )
    for number, heading in enumerate(headings):
        justify: Any = "right" if heading.endswith("#") else "left"
        # Names in the first column are copied whole.
        table.add_column(heading.rstrip("#"), justify=justify, overflow="fold", no_wrap=number == 0)
    for row in rows:
        # Text from people is text: a "[red]" in a run's name is not a colour.
        table.add_row(*map(Text, row))
    # Lines for `grep` are not to be folded at a terminal's usual 80 characters.
    Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table)


# Columns of a table of runs, by their headings.
_RUN_COLUMNS: Mapping[str, Callable[[RunRecord], str]] = {
    "id": lambda run: run.id,
    "run": lambda run: run.title,
    "state": lambda run: (
        f"{run.state}, place {run.position:.0f}" if run.state == "queued" else run.state
    ),
    "iteration#": lambda run: (
        "" if run.imported else f"{run.iteration} / {run.experiment.iterations}"
    ),
    "train error#": lambda run: percent(run.train_error),
    "test error#": lambda run: percent(run.test_error),
    "training time#": lambda run: duration(run.seconds),
    "time left#": lambda run: duration(run.seconds_left),
}


def print_runs(runs: Sequence[RunRecord], *columns: str, title: str = "") -> None:
    """Print a table of runs: id, name and state, then these columns."""
    headings = ("id", "run", "state", *columns)
    rows = [[_RUN_COLUMNS[heading](run) for heading in headings] for run in runs]
    print_table(headings, rows, title)


def run_as_dict(run: RunRecord) -> dict[str, Any]:
    """Return a run for JSON: its record, and the settings that identify it."""
    facts = dataclasses.asdict(dataclasses.replace(run, experiment=None))  # type: ignore[arg-type]
    return {
        **facts,
        "exit_reason": run.reason,
        "title": run.title,
        "network": run.experiment.network,
        "shortcut": run.experiment.shortcut,
        "seed": run.experiment.seed,
        "data": run.experiment.data,
        "iterations": run.experiment.iterations,
        "seconds_left": run.seconds_left,
        "experiment": run.experiment.model_dump(),
    }


def plural(count: int, noun: str) -> str:
    """Return "1 thread" or "2 threads"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} %"


def duration(seconds: float | None) -> str:
    """Return "12 s", "3 min 20 s" or "5 h 10 min"."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _plain(value: Any) -> Any:
    """Return a value without NaN and infinity, which JSON lacks: both become null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
