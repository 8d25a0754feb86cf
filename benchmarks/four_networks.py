"""The four networks of the puzzle, with several seeds: what they end at, and how long it takes.

    python -m benchmarks.four_networks                            photographs and shapes, five seeds
    python -m benchmarks.four_networks photographs --seeds 1      one of the two
    python -m benchmarks.four_networks photographs --data PATH    on another copy of CIFAR-10

Trains in a home folder of its own, through the same queue, supervisor and workers as the
app, and counts the seconds from the moment the runs are submitted (the click) to the first
record and to the last network's end. `--write FILE` stores the tables.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue, supervisor
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE, RunRecord
from resnet_core.system import home

TITLES = {"photographs": "Photographs", "one-minute": "Shapes"}


@dataclass(frozen=True)
class Race:
    """One seed's four networks.

    Attributes:
        train_error, test_error: final, percent, by network.
        first_record: seconds from submission to the first telemetry record of any network.
        seconds: from submission to the end of the last network.
    """

    seed: int
    train_error: dict[str, float]
    test_error: dict[str, float]
    first_record: float
    seconds: float
    data: str
    hardware: str

    @property
    def networks(self) -> tuple[str, ...]:
        """plain-20, resnet-20, and the two deep ones."""
        return tuple(self.train_error)


def race(experiments: tuple[Experiment, ...], seed: int) -> Race:
    """Train the experiments to their ends.

    Raises:
        click.ClickException: one of them did not finish.
    """
    submitted = time.monotonic()
    ids = [run.id for run in queue.submit(experiments)]
    first_record = 0.0
    while any(run.state in ACTIVE for run in map(queries.run, ids)):
        supervisor.ensure_running()
        if not first_record and any(len(queries.telemetry(run_id).frame) for run_id in ids):
            first_record = time.monotonic() - submitted
        time.sleep(0.05)
    seconds = time.monotonic() - submitted
    return _result([queries.run(run_id) for run_id in ids], seed, first_record, seconds)


def _result(runs: list[RunRecord], seed: int, first_record: float, seconds: float) -> Race:
    unfinished = [f"{run.title}: {run.reason}" for run in runs if run.state != "finished"]
    if unfinished:
        raise click.ClickException("; ".join(unfinished))
    by_name = {run.experiment.network.removeprefix("cifar/"): run for run in runs}
    return Race(
        seed=seed,
        train_error={name: run.train_error or 0.0 for name, run in by_name.items()},
        test_error={name: run.test_error or 0.0 for name, run in by_name.items()},
        first_record=first_record,
        seconds=seconds,
        data=runs[0].data_title,
        hardware=runs[0].hardware,
    )


def warm_up() -> None:
    """Have a supervisor and its waiting worker ready, as they are when a page is open."""
    tiny = Experiment.create(
        network="cifar/plain-8", width=1, image_size=8, train_images=10, batch_size=10, iterations=1
    )
    run = queue.submit([tiny])[0]
    while queries.run(run.id).state in ACTIVE:
        supervisor.ensure_running()
        time.sleep(0.05)


def table(races: list[Race]) -> str:
    """The races as a Markdown table, with the differences that make the point."""
    shallow, _, plain, residual = names = races[0].networks
    differences = [f"{plain} - {shallow}", f"{plain} - {residual}", f"{shallow} - {residual}"]
    header = ["seed", *names, *differences, "first record, s", "finished, s"]
    rows = [
        _row(str(race.seed), race.train_error, race.first_record, race.seconds) for race in races
    ]
    if len(races) > 1:
        means = {name: statistics.mean(r.train_error[name] for r in races) for name in names}
        first = statistics.median(r.first_record for r in races)
        rows.append(_row("mean", means, first, statistics.median(r.seconds for r in races)))
    lines = [header, ["---:"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _row(label: str, errors: dict[str, float], first: float, seconds: float) -> list[str]:
    shallow, _, plain, residual = errors.values()
    differences = (plain - shallow, plain - residual, shallow - residual)
    return [
        label,
        *(f"{number:.1f}" for number in (*errors.values(), *differences, first, seconds)),
    ]


def report(name: str, experiment: Experiment, races: list[Race]) -> str:
    """A section: the table, and all that is needed to make it again."""
    settings = ", ".join(
        f"{field} {value}"
        for field, value in experiment.to_query().items()
        if field not in {"name", "network", "seed", "data"}
    )
    verdicts = "\n".join(f"- {sentence}" for sentence in summary(races))
    return f"""## {TITLES[name]}: `train --preset {name}`

{table(races)}

{verdicts}

Data: {races[0].data}. Recipe: {settings}. On {races[0].hardware}, {os.cpu_count()} cores,
{date.today()}.
"""


_INTRODUCTION = """# The puzzle in a minute or two

Final training error in percent, on a fixed subset of the training images, of four networks with one
recipe. The last row has the means of the errors and the medians of the times. The four train at the
same time, a thread each. Seconds count from the submission of the four runs, with the app's waiting
worker ready. Written by `make demo-table`.
"""


def summary(races: list[Race]) -> list[str]:
    """Sentences on the table, counted from it; each can come out either way."""
    shallow, residual_shallow, plain, residual = races[0].networks

    def count(text: str, holds: list[bool]) -> str:
        return f"{text}: {sum(holds)} of {len(holds)} seeds."

    def mean(name: str) -> float:
        return statistics.mean(race.train_error[name] for race in races)

    errors = [race.train_error for race in races]
    below = "below" if mean(residual) < mean(residual_shallow) else "not below"
    return [
        count(
            f"{plain} ends at least 10 points above {shallow}",
            [e[plain] - e[shallow] >= 10 for e in errors],
        ),
        count(
            f"{plain} ends at least 10 points below guessing (90 %)",
            [e[plain] <= 80 for e in errors],
        ),
        count(
            f"{residual} ends at least 10 points below {plain}",
            [e[plain] - e[residual] >= 10 for e in errors],
        ),
        count(
            f"{residual} ends at least 10 points below {shallow}",
            [e[shallow] - e[residual] >= 10 for e in errors],
        ),
        f"In the mean {residual} ({mean(residual):.1f} %) is {below} {residual_shallow} "
        f"({mean(residual_shallow):.1f} %).",
    ]


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(TITLES)))
@click.option("--seeds", default=5, show_default=True, help="How many seeds, from 0 on.")
@click.option("--data", default=None, help="Another copy of CIFAR-10 for the photographs.")
@click.option("--write", type=click.Path(path_type=Path), help="Store the document in this file.")
def main(names: tuple[str, ...], seeds: int, data: str | None, write: Path | None) -> None:
    """Train the four networks of the puzzle with several seeds and print the tables."""
    sections = []
    # The supervisor lives on for a while, and may write as the folder goes.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ[home.VARIABLE] = folder
        warm_up()
        for name in names or tuple(TITLES):
            races = []
            for seed in range(seeds):
                four = _experiments(name, seed, data)
                races.append(race(four, seed))
                click.echo(table(races[-1:]))
            sections.append(report(name, four[0], races))
    document = "\n".join([_INTRODUCTION, *sections])
    click.echo(document)
    if write:
        write.write_text(document, encoding="utf-8")


def _experiments(name: str, seed: int, data: str | None) -> tuple[Experiment, ...]:
    if name == "photographs" and data:
        return presets.photographs(seed, str(Path(data).resolve()))
    return presets.PRESETS[name].build(seed)


if __name__ == "__main__":
    main()
