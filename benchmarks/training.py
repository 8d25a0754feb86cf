"""The speed of a step: against the conventional loop, and with telemetry on against off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import torch

from benchmarks import loops, machine
from benchmarks.contender import Contender, Maker
from benchmarks.side_by_side import Comparison, compare, table
from resnet_core.anatomy.describe import describe
from resnet_core.experiments.experiment import Experiment
from resnet_core.training import device

NETWORKS = ("resnet-20", "resnet-56")
ROUNDS = {"resnet-20": 9, "resnet-56": 7}
# Times as many for telemetry: its cost is smaller than the variation of a step.
_TELEMETRY_ROUNDS = 4


def sections(quick: bool) -> Iterator[str]:
    """The tables, each with what it compares; `quick` takes one round and no compiling."""
    peak = machine.peaks()
    for network in NETWORKS[: 1 if quick else None]:
        rounds = 1 if quick else ROUNDS[network]
        yield _training(network, rounds, quick, peak)
        yield _telemetry(network, rounds)


def _training(network: str, rounds: int, quick: bool, peak: machine.Peaks) -> str:
    bf16 = device.native_bf16(torch.device("cpu"))
    makers: dict[str, tuple[Maker, tuple[object, ...]]] = {
        "torchvision's loop: PIL, DataLoader, fp32": (loops.conventional, (network,)),
        "images in memory, augmented by the batch": (loops.in_memory, (network, False, False)),
        "... channels last": (loops.in_memory, (network, True, False)),
        "... freed memory kept": (loops.in_memory, (network, True, True)),
        "this project, fp32": (loops.ours, (network, "fp32", loops.NEVER)),
    }
    if bf16:
        makers["this project, bf16"] = (loops.ours, (network, "bf16", loops.NEVER))
    if not quick and network == NETWORKS[0] and machine.compiler():
        makers["channels last, torch.compile, fp32"] = (loops.compiled, (network,))
    comparison = _timed(makers, rounds)
    spec = Experiment.create(network=f"cifar/{network}").network_spec()
    # Forward, and backward twice: for the inputs and for the weights. Two operations each.
    operations = 6 * describe(spec).multiply_adds * loops.BATCH
    rows = [
        (
            name,
            f"{loops.BATCH / comparison.median(name):,.0f}",
            f"{comparison.faster(name):.2f}",
            f"{operations / comparison.median(name) / 1e9:.0f}",
            f"{100 * operations / comparison.median(name) / peak.of(name):.0f} %",
        )
        for name in comparison.names
    ]
    headings = ("a training step", "images/s", "times as fast", "GFLOP/s", "of the conv. peak")
    title = f"## {network}, batches of {loops.BATCH}, one core, median of {rounds}"
    return f"{title}\n\n{table(headings, rows)}\n"


def _telemetry(network: str, rounds: int) -> str:
    precision = "bf16" if device.native_bf16(torch.device("cpu")) else "fp32"
    comparison = _timed(
        {
            "off": (loops.ours, (network, precision, loops.NEVER)),
            "this project's, every step": (loops.ours, (network, precision, 1)),
            "hooks into buffers": (loops.hooked, (network, precision, "buffers")),
            "hooks with .item()": (loops.hooked, (network, precision, "item")),
        },
        _TELEMETRY_ROUNDS * rounds,
    )
    rows = [
        (name, f"{1000 * comparison.median(name):.0f}", f"{comparison.cost(name):+.1f} %")
        for name in comparison.names
    ]
    title = f"## {network}: responses and gradient norms of every layer at every step, {precision}"
    return f"{title}\n\n{table(('telemetry', 'ms a step', 'cost'), rows)}\n"


def _timed(makers: dict[str, tuple[Maker, tuple[object, ...]]], rounds: int) -> Comparison:
    with ExitStack() as stack:
        contenders = {
            name: stack.enter_context(Contender(make, *arguments))
            for name, (make, arguments) in makers.items()
        }
        return compare(contenders, rounds, warm_up=2)
