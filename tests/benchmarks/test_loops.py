"""The ways to train that are timed do train, and our arithmetic is the plain loop's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from benchmarks import loops
from benchmarks.contender import Step
from resnet_core.data import augment
from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.catalog import build
from resnet_core.specs.names import Spec
from resnet_core.training import train_state


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(loops, "IMAGES", 40)
    monkeypatch.setattr(loops, "BATCH", 8)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[nn.Module]:
    """The networks that are built from now on."""
    models: list[nn.Module] = []

    def keep(spec: Spec, seed: int) -> nn.Module:
        models.append(build(spec, seed))
        return models[-1]

    for module in (loops, train_state):
        monkeypatch.setattr(module, "build", keep)
    return models


@pytest.mark.parametrize(
    "make",
    [
        lambda: loops.conventional("resnet-8"),
        lambda: loops.in_memory("resnet-8", True, True),
        lambda: loops.ours("resnet-8", "fp32", 1),
        lambda: loops.hooked("resnet-8", "fp32", "item"),
        lambda: loops.hooked("resnet-8", "fp32", "buffers"),
    ],
)
def test_every_way_takes_steps(make: Callable[[], Step], built: list[nn.Module]) -> None:
    step = make()
    (model,) = built
    for _ in range(2):
        before = {name: value.detach().clone() for name, value in model.named_parameters()}
        step()
        still = [name for name, value in model.named_parameters() if value.equal(before[name])]
        assert still == []


@pytest.mark.parametrize(
    ("network", "activation", "dtype", "apart"),
    [
        # A ReLU's gradient jumps at zero: one element of a million that rounding moves across
        # it changes the sum by more than 1e-5, in the plain path as in the fast one.
        ("resnet-20", "relu", torch.float64, 1e-10),
        ("resnet-8", "tanh", torch.float32, 1e-5),
    ],
)
def test_the_fast_path_has_the_plain_paths_gradients(
    network: str, activation: str, dtype: torch.dtype, apart: float
) -> None:
    """Same network, same images: channels last computes the same arithmetic."""
    spec = Experiment.create(network=f"cifar/{network}", activation=activation).network_spec()
    pixels, labels = augment.as_tensors(loops._images())
    images = augment.centred(pixels, augment.per_pixel_mean(pixels), dtype)
    gradients = []
    for form in (torch.contiguous_format, torch.channels_last):
        model = build(spec, seed=0).to(dtype=dtype, memory_format=form).train()
        scores = model(images.contiguous(memory_format=form))
        nn.functional.cross_entropy(scores, labels).backward()
        gradients.append(torch.cat([p.grad.reshape(-1) for p in model.parameters()]))
    plain, fast = gradients
    assert float((plain - fast).norm() / plain.norm()) < apart
