"""Training loops for a network of section 4.2, mini-batches of 128: the tutorial's and ours."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from benchmarks.contender import Step
from resnet_core.data import augment, catalog
from resnet_core.data.dataset import ImageSet, Selection
from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.catalog import build
from resnet_core.training.device import keep_freed_memory
from resnet_core.training.session import Session

BATCH = 128
IMAGES = 2560
NEVER = 10_000_000  # iterations


def conventional(network: str, device: str = "cpu") -> Step:
    """The loop of torchvision's tutorials: PIL images, a DataLoader, fp32."""
    from torchvision import transforms

    preparation = transforms.Compose(
        [
            transforms.RandomCrop(32, padding=4),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
        ]
    )
    loader = DataLoader(_Pictures(_images(), preparation), BATCH, shuffle=True, drop_last=True)
    return _torch_step(_network(network).to(device), _forever(loader, device))


def in_memory(network: str, channels_last: bool, keep: bool) -> Step:
    """Images as bytes in memory, augmented a batch at a time; fp32, torch's own optimiser."""
    if keep:
        keep_freed_memory()
    form = torch.channels_last if channels_last else torch.contiguous_format
    model = _network(network).to(memory_format=form)
    return _torch_step(model, _augmented(form))


def ours(
    network: str, precision: str, record_every: int, device: str = "cpu", *, eager: bool = False
) -> Step:
    """The project's training session, as workers run it; `eager`: without CUDA graphs."""
    keep_freed_memory()
    session = training_session(network, precision, record_every, device, eager=eager)
    if device == "cuda" and not eager and session.stepper.backend == "eager":
        raise RuntimeError("An update could not be captured; the log above says why.")
    return session.step


def compiled(network: str) -> Step:
    """Channels last, fp32, the whole network through torch.compile."""
    keep_freed_memory()
    model = _network(network).to(memory_format=torch.channels_last)
    model.compile(fullgraph=True)
    return _torch_step(model, _augmented(torch.channels_last))


def hooked(network: str, precision: str, how: str, device: str = "cpu") -> Step:
    """The session with forward hooks that measure responses, as they are often written.

    how: `item` reads every value at once, `buffers` keeps them on the device until the end
    of the step. Gradient norms are measured the same way.
    """
    keep_freed_memory()
    session = training_session(network, precision, NEVER, device, eager=True)
    values: list[float | Tensor] = []

    def keep(value: Tensor) -> None:
        values.append(value.item() if how == "item" else value)

    for module in session.state.model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_hook(lambda _m, _i, out: keep(out.detach().float().std()))

    def step() -> None:
        values.clear()
        session.step()
        for module in session.state.model.modules():
            if isinstance(module, nn.Conv2d):
                assert module.weight.grad is not None
                keep(module.weight.grad.norm())
        if how == "buffers":
            torch.stack([value for value in values if isinstance(value, Tensor)]).tolist()

    return step


class _Pictures(Dataset[tuple[Tensor, int]]):
    def __init__(self, images: ImageSet, preparation: object) -> None:
        self._pictures = [Image.fromarray(pixels) for pixels in images.images]
        self._labels = images.labels.tolist()
        self._preparation = preparation

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._preparation(self._pictures[index]), self._labels[index]  # type: ignore[operator]


def _images() -> ImageSet:
    return catalog.load(Selection("shapes", None, IMAGES, 10)).train


def _network(name: str) -> nn.Module:
    spec = Experiment.create(network=f"cifar/{name}").network_spec()
    return build(spec, seed=0).train()


def training_session(
    network: str, precision: str, record_every: int, device: str = "cpu", *, eager: bool = False
) -> Session:
    """A session that neither ends nor evaluates."""
    experiment = Experiment.create(
        network=f"cifar/{network}",
        data="shapes",
        train_images=IMAGES,
        test_images=10,
        batch_size=BATCH,
        precision=precision,
        device=device,
        record_every=record_every,
        evaluate_every=NEVER,
        audit_every=0,
        iterations=NEVER,
    )
    return Session(experiment, catalog.load(Selection("shapes", None, IMAGES, 10)), eager=eager)


def _torch_step(model: nn.Module, batches: Iterator[tuple[Tensor, Tensor]]) -> Step:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss()

    def step() -> None:
        images, labels = next(batches)
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        loss.item()

    return step


def _augmented(form: torch.memory_format) -> Iterator[tuple[Tensor, Tensor]]:
    pixels, labels = augment.as_tensors(_images())
    mean, chance = augment.per_pixel_mean(pixels), torch.Generator().manual_seed(0)
    while True:
        for positions in torch.randperm(len(pixels), generator=chance).split(BATCH):
            drawn = augment.draw(len(positions), chance)
            batch = augment.augmented(pixels[positions], mean, drawn, memory_format=form)
            yield batch, labels[positions]


def _forever(
    loader: DataLoader[tuple[Tensor, int]], device: str
) -> Iterator[tuple[Tensor, Tensor]]:
    while True:
        for images, labels in loader:
            yield images.to(device), labels.to(device)
