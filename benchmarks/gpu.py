"""`make bench-gpu`: the speed of training on this machine's CUDA GPU.

python -m benchmarks.gpu              three networks, some minutes
python -m benchmarks.gpu --quick      one round of one of them
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import click
import torch

from benchmarks import loops, machine
from benchmarks.contender import Contender, Maker, Step
from benchmarks.side_by_side import Comparison, compare, table
from resnet_core.training import device, schedule

# Seconds for the paper's 64,000 updates that the project aims at, on an H100.
GOALS = {"resnet-20": 60, "resnet-56": 165, "resnet-110": 330}
UPDATES = 64_000
ROUNDS = 7
BLOCK = schedule.MAX_CHUNK  # updates timed together: as many as are launched together
RUNS = 4  # that share the GPU

Contenders = Mapping[str, tuple[object, ...]]


@click.command()
@click.option("--quick", is_flag=True, help="One round of one network, as a test.")
@click.option("--write", type=click.Path(path_type=Path), help="Keep the document in this file.")
def main(quick: bool, write: Path | None) -> None:
    """Measure training on the first CUDA GPU, side by side with the conventional loop."""
    if not torch.cuda.is_available():
        click.echo("torch finds no CUDA GPU on this machine, so there is nothing to measure.")
        return
    begun = time.monotonic()
    parts = [f"# Benchmarks on a GPU\n\n{machine.description('cuda')}\n"]
    rounds = 1 if quick else ROUNDS
    for network in list(GOALS)[: 1 if quick else None]:
        for section in (_training, _telemetry, _sharing):
            parts.append(section(network, rounds))
            click.echo(parts[-1])
    parts.append(f"Measured in {(time.monotonic() - begun) / 60:.1f} minutes.\n")
    if write:
        write.write_text("\n".join(parts), encoding="utf-8")


def block(make: Maker, *arguments: object) -> Step:
    """Some steps as one."""
    step = make(*arguments)

    def steps() -> None:
        for _ in range(BLOCK):
            step()

    return steps


def together(contenders: Sequence[Contender]) -> Callable[[], None]:
    """A step of each, at the same time."""

    def step() -> None:
        for contender in contenders:
            contender.begin()
        for contender in contenders:
            contender.wait()

    return step


def _training(network: str, rounds: int) -> str:
    reduced = device.choose("cuda").precision
    comparison = _timed(
        {
            "torchvision's loop: PIL, DataLoader, fp32": (loops.conventional, network, "cuda"),
            "this project without graphs, fp32": (_ours, network, "fp32", loops.NEVER, True),
            f"this project without graphs, {reduced}": (_ours, network, reduced, loops.NEVER, True),
            "this project, fp32": (_ours, network, "fp32", loops.NEVER, False),
            f"this project, {reduced}": (_ours, network, reduced, loops.NEVER, False),
        },
        rounds,
    )
    rows = [
        (
            name,
            f"{loops.BATCH * BLOCK / comparison.median(name):,.0f}",
            f"{comparison.faster(name):.2f}",
            f"{comparison.median(name) / BLOCK * UPDATES:,.0f}",
        )
        for name in comparison.names
    ]
    headings = ("a training step", "images/s", "times as fast", f"s for {UPDATES:,} updates")
    goal = f"Aimed at on an H100: {GOALS[network]} s for {UPDATES:,} updates."
    title = f"## {network}, batches of {loops.BATCH}, median of {rounds}"
    return f"{title}\n\n{table(headings, rows)}\n\n{goal}\n"


def _telemetry(network: str, rounds: int) -> str:
    reduced = device.choose("cuda").precision
    graphs, eager = "off", "off, without graphs"
    comparison = _timed(
        {
            graphs: (_ours, network, reduced, loops.NEVER, False),
            "this project's, every step": (_ours, network, reduced, 1, False),
            eager: (_ours, network, reduced, loops.NEVER, True),
            "this project's, every step, without graphs": (_ours, network, reduced, 1, True),
            "hooks into buffers, without graphs": (_hooked, network, reduced, "buffers"),
            "hooks with .item(), without graphs": (_hooked, network, reduced, "item"),
        },
        rounds,
    )

    def cost(name: str) -> str:
        off = eager if name.endswith("without graphs") else graphs
        if off not in comparison.names:
            return ""
        return f"{100 * (comparison.median(name) / comparison.median(off) - 1):+.1f} %"

    rows = [
        (name, f"{1000 * comparison.median(name) / BLOCK:.2f}", cost(name))
        for name in comparison.names
    ]
    title = f"## {network}: responses and gradient norms of every layer, {reduced}"
    return f"{title}\n\n{table(('telemetry', 'ms a step', 'cost'), rows)}\n"


def _sharing(network: str, rounds: int) -> str:
    reduced = device.choose("cuda").precision
    title = f"## {network}: runs that share the GPU, {reduced}"
    with ExitStack() as stack:
        try:
            runs = [
                stack.enter_context(Contender(block, _ours, network, reduced, loops.NEVER, False))
                for _ in range(RUNS)
            ]
        except EOFError:
            return f"{title}\n\nLeft out: a run could not begin; the output says why.\n"
        comparison = compare(
            {"one run": runs[0], f"{RUNS} runs": together(runs)}, rounds, warm_up=2
        )
    counts = dict(zip(comparison.names, (1, RUNS), strict=True))
    rows = [
        (
            name,
            f"{count * loops.BATCH * BLOCK / comparison.median(name):,.0f}",
            f"{count * comparison.faster(name):.2f}",
        )
        for name, count in counts.items()
    ]
    headings = ("at the same time", "images/s, together", "times one run's")
    return f"{title}\n\n{table(headings, rows)}\n"


def _ours(network: str, precision: str, record_every: int, eager: bool) -> Step:
    return loops.ours(network, precision, record_every, "cuda", eager=eager)


def _hooked(network: str, precision: str, how: str) -> Step:
    return loops.hooked(network, precision, how, "cuda")


def _timed(contenders: Contenders, rounds: int) -> Comparison:
    with ExitStack() as stack:
        running = {}
        for name, arguments in contenders.items():
            try:
                running[name] = stack.enter_context(Contender(block, *arguments))
            except EOFError:  # its process has ended; its output says why
                click.echo(f"Left out: {name}.", err=True)
        return compare(running, rounds, warm_up=2)


if __name__ == "__main__":
    main()
