"""Gradients of every block in float32 against float64, in a process that may die of them.

oneDNN's kernels for processors without AVX-512 once wrote past a buffer for narrow 1x1
convolutions with a stride. ONEDNN_MAX_CPU_ISA chooses these kernels on a newer processor.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.networks.blocks import Layers
from resnet_core.networks.catalog import BLOCKS
from resnet_core.specs.geometry import BlockGeometry, ShortcutKind
from resnet_core.specs.names import Spec, spec_of

WIDTHS = range(1, 25)
TOLERANCE = 1e-5  # of the block's largest gradient


@pytest.mark.parametrize("instructions", ["AVX2", "DEFAULT"])
def test_gradients_of_every_block_at_every_width(instructions: str) -> None:
    environment = os.environ | {
        "ONEDNN_MAX_CPU_ISA": instructions,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.run(
        [sys.executable, __file__], env=environment, capture_output=True, text=True, timeout=240
    )
    *cases, last = process.stdout.splitlines() or ["nothing"]
    assert process.returncode == 0, f"{instructions}: {last}\n{process.stderr[-2000:]}"
    assert len(cases) == len(list(every_block()))


def every_block() -> Iterator[tuple[Spec, BlockGeometry]]:
    """Each kind of block with each shortcut, stride and width."""
    specs = [
        spec_of(f"cifar/{family}-{29 if block == 'bottleneck' else 20}", block=block, shortcut=s)
        for family, block, s in itertools.product(BLOCKS, ["basic", "bottleneck"], "ABC")
        if family != "plain" or s == "A"
    ]
    specs.append(spec_of("imagenet/resnet-50", stride_in="3x3", shortcut="B"))
    for spec, stride, width in itertools.product(specs, [1, 2], WIDTHS):
        out_channels = 2 * width * spec.expansion
        kind: ShortcutKind = "zero-padding" if spec.shortcut == "A" else "projection"
        yield spec, BlockGeometry(2, 0, width, 2 * width, out_channels, stride, kind)


def gradients(block: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Those of a sum over the block's output, by x and by each parameter."""
    x = x.detach().contiguous(memory_format=torch.channels_last).requires_grad_()
    y = block(x)
    loss = functional.mse_loss(y, torch.ones_like(y), reduction="sum")
    named = {"x": x, **dict(block.named_parameters())}
    return dict(zip(named, torch.autograd.grad(loss, list(named.values())), strict=True))


def compare(spec: Spec, place: BlockGeometry) -> None:
    torch.manual_seed(0)
    # tanh has no kink, where rounding would decide between two gradients.
    block = BLOCKS[spec.family](spec, Layers("tanh", batch_norm=True), place)
    x = torch.randn(3, place.in_channels, 8, 8, dtype=torch.float64)
    block.to(memory_format=torch.channels_last)
    single = gradients(block.float(), x.float())
    double = gradients(block.double(), x)
    # A projection of one channel has next to no gradient before BN: all share one scale.
    scale = max(gradient.abs().max() for gradient in double.values())
    for name, expected in double.items():
        error = (single[name] - expected).abs().max() / scale
        assert error < TOLERANCE, f"gradient of {name} is wrong by {error:.1e}"


def main() -> None:
    for spec, place in every_block():
        print(spec.name, spec.block, spec.shortcut, spec.stride_in, place, flush=True)
        compare(spec, place)
    print("done", flush=True)


if __name__ == "__main__":
    main()
