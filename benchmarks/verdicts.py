"""Each laboratory asked again with other seeds and networks: how often its verdicts flip.

    python -m benchmarks.verdicts                      all laboratories; this takes hours
    python -m benchmarks.verdicts microscope dial      some of them
    python -m benchmarks.verdicts court --settings '{"data": "shapes"}'
    python -m benchmarks.verdicts lesion --runs one-minute-resnet-20-seed-0

A laboratory is asked with several seeds of its own, and of its networks with those of another seed,
where they are on record or were trained here. `--write FILE` stores the table.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import torch

from resnet_core.errors import PlaygroundError
from resnet_core.labs import catalog
from resnet_core.labs.catalog import Question
from resnet_core.labs.events import Verdict
from resnet_core.labs.tools import trained_network
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.runs import queries

STRIDE = 1000  # between seeds: a laboratory uses some that follow each other
_NOT_COUNTED = {"diverged"}  # says what happened, concludes nothing
_SEED = re.compile(r"-seed-\d+$")


@dataclass(frozen=True)
class Repeat:
    """One more answer.

    Attributes:
        runs: whose networks were asked.
        findings: its verdicts' keys, in order.
    """

    seed: int
    runs: tuple[str, ...]
    findings: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Stability:
    """A verdict of the first answer, and the others.

    Attributes:
        instead: what the others say and the first does not, and how often.
    """

    laboratory: str
    finding: str
    same: int
    total: int
    instead: dict[str, int]

    @property
    def flips(self) -> int:
        """Answers, the first one included, without this verdict."""
        return self.total - self.same


def ask(question: Question, seed: int, runs: Sequence[str], settings: dict[str, Any]) -> Repeat:
    """Ask once, in this process."""
    started = time.perf_counter()
    chosen = question.settings(**{**settings, "seed": seed})
    networks: Sequence[TrainedNetwork] = trained_network.load_all(runs)
    events = catalog.experiment(question.name)(chosen, networks)
    findings = [event.finding for event in events if isinstance(event, Verdict)]
    counted = tuple(finding for finding in findings if finding not in _NOT_COUNTED)
    return Repeat(seed, tuple(runs), counted, time.perf_counter() - started)


def networks_of(runs: Sequence[str], number: int) -> tuple[str, ...]:
    """The same networks of another seed; those of the first where they do not all exist, or
    where seeds are what the laboratory compares."""
    others = tuple(_SEED.sub(f"-seed-{number}", run) for run in runs)
    if len(set(others)) < len(set(runs)):
        return tuple(runs)
    try:
        for run in others:
            queries.weights(queries.described(run))
    except PlaygroundError:
        return tuple(runs)
    return others


def stability(laboratory: str, repeats: Sequence[Repeat]) -> list[Stability]:
    """Count how often each verdict of the first answer comes back."""
    first = repeats[0].findings
    instead = Counter(finding for one in repeats for finding in set(one.findings) - set(first))
    return [
        Stability(
            laboratory,
            finding,
            sum(finding in one.findings for one in repeats),
            len(repeats),
            dict(instead),
        )
        for finding in first
    ]


def table(rows: Sequence[Stability]) -> str:
    """The table in Markdown; a verdict that came back every time needs no alternatives."""
    lines = ["| laboratory | verdict | flips | otherwise |", "| --- | --- | --- | --- |"]
    for row in rows:
        others = ", ".join(f"{name} ({count})" for name, count in row.instead.items())
        otherwise = others if row.flips else ""
        flips = f"{row.flips} of {row.total}"
        lines.append(f"| {row.laboratory} | {row.finding} | {flips} | {otherwise} |")
    return "\n".join(lines)


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(2))
@click.option("--runs", multiple=True, help="Networks instead of those that the page opens with.")
@click.option("--settings", default="{}", help="Settings that differ from the defaults, as JSON.")
@click.option("--write", type=click.Path(path_type=Path), help="A file for the table.")
def main(
    names: tuple[str, ...], seeds: int, runs: tuple[str, ...], settings: str, write: Path | None
) -> None:
    torch.set_num_threads(1)  # as in a short run; more fight over small networks
    rows: list[Stability] = []
    for name in names or catalog.NAMES:
        question = catalog.question(name)
        repeats = []
        for number in range(seeds):
            asked = networks_of(runs or question.runs, number)
            repeats.append(ask(question, number * STRIDE, asked, json.loads(settings)))
            one = repeats[-1]
            networks = ", ".join(one.runs) or "its own"
            seconds = f"{one.seconds:.0f} s"
            click.echo(
                f"{name}, seed {one.seed}, {networks}: {one.findings} in {seconds}", err=True
            )
        rows += stability(name, repeats)
    click.echo(table(rows))
    if write:
        write.write_text(table(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
