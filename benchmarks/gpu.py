"""`make bench-gpu`: how fast training is on this machine's CUDA GPU, and what a graph would give.

python -m benchmarks.gpu              three networks, some minutes
python -m benchmarks.gpu --quick      one round of one of them
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import click
import torch

from benchmarks import captured, loops, machine
from benchmarks.contender import Contender, Maker, Step
from benchmarks.side_by_side import Comparison, compare, table
from resnet_core.training import device

# Seconds for the paper's 64,000 updates that the project aims at, on an H100.
GOALS = {"resnet-20": 60, "resnet-56": 165, "resnet-110": 330}
UPDATES = 64_000
BLOCK, ROUNDS = 20, 7  # updates timed together, so that asking for them does not count


@click.command()
@click.option("--quick", is_flag=True, help="One round of one network: whether it works.")
@click.option("--write", type=click.Path(path_type=Path), help="Keep the document in this file.")
def main(quick: bool, write: Path | None) -> None:
    """Measure training on the first CUDA GPU, side by side with the conventional loop."""
    if not torch.cuda.is_available():
        click.echo("torch finds no CUDA GPU on this machine, so there is nothing to measure.")
        return
    begun = time.monotonic()
    parts = [f"# Benchmarks on a GPU\n\n{machine.description('cuda')}\n"]
    for network in list(GOALS)[: 1 if quick else None]:
        parts.append(_section(network, _timed(network, 1 if quick else ROUNDS)))
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


def _timed(network: str, rounds: int) -> Comparison:
    reduced = device.choose("cuda").precision
    ways: dict[str, tuple[object, ...]] = {
        "torchvision's loop: PIL, DataLoader, fp32": (loops.conventional, network, "cuda"),
        "this project, fp32": (loops.ours, network, "fp32", loops.NEVER, "cuda"),
        f"this project, {reduced}": (loops.ours, network, reduced, loops.NEVER, "cuda"),
        f"... telemetry at every step, {reduced}": (loops.ours, network, reduced, 1, "cuda"),
        f"its pass as one CUDA graph, {reduced}": (captured.step, network, reduced),
    }
    with ExitStack() as stack:
        contenders = {}
        for name, arguments in ways.items():
            try:
                contenders[name] = stack.enter_context(Contender(block, *arguments))
            except EOFError:  # its process has ended, and has said why
                click.echo(f"Left out: {name}.", err=True)
        return compare(contenders, rounds, warm_up=2)


def _section(network: str, found: Comparison) -> str:
    rows = [
        (
            name,
            f"{loops.BATCH * BLOCK / found.median(name):,.0f}",
            f"{found.faster(name):.2f}",
            f"{found.median(name) / BLOCK * UPDATES:,.0f}",
        )
        for name in found.names
    ]
    headings = ("a training step", "images/s", "times as fast", f"s for {UPDATES:,} updates")
    title = (
        f"## {network}, batches of {loops.BATCH}, median of {len(found.seconds[found.names[0]])}"
    )
    goal = f"Aimed at on an H100: {GOALS[network]} s for {UPDATES:,} updates."
    return f"{title}\n\n{table(headings, rows)}\n\n{goal}\n"


if __name__ == "__main__":
    main()
