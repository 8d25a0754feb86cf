"""The back-propagated signal of every layer in initialised networks, by depth and kind.

With BN and ReLU it grows towards the input by sqrt(pi / (pi - 1)) = 1.21 a layer in wide plain
networks (Yang et al. 2019). Without BN it does not, but two pictures' responses become alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.attribution.explanation import restored_hooks
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Event, Progress, Row, Rows, finite
from resnet_core.labs.exploding.question import Settings
from resnet_core.labs.exploding.verdicts import Kind, Network, verdicts
from resnet_core.labs.tools.chain import backward_norms
from resnet_core.labs.tools.starts import leaky, near_identity
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.catalog import build, response_sites

KINDS: tuple[Kind, ...] = get_args(Kind)
DEPTHS = (8, 20, 56)  # beside the deepest
_MOST_PLACES = 40  # of a network's layers, in a table
_TINY = 1e-300


@dataclass(frozen=True)
class Measured:
    """By 3x3 layer, first to last: the norm of dLoss/dy, and how alike pictures' responses are."""

    signals: NDArray[np.float64]
    alike: NDArray[np.float64]


def run(settings: Settings, networks: Sequence[object] = ()) -> Iterator[Event]:
    """Measure every kind of network, shallow ones first."""
    depths = [*(depth for depth in DEPTHS if depth < settings.deepest), settings.deepest]
    images, labels = pictures(settings)
    found: list[Network] = []
    steps, total = 0, sum(depths) * len(KINDS)
    for depth in depths:
        for kind in KINDS:
            several = []
            for seed in range(settings.seeds):
                model = initial(settings, kind, depth, settings.seed + seed)
                one = measured(model, images, labels, settings.slope)
                several.append(one)
                ratio = float(one.signals[0] / max(one.signals[-1], _TINY))
                layers, cosine = len(one.signals), float(one.alike[-1])
                network = Network(kind, depth, settings.seed + seed, layers, ratio, cosine)
                found.append(network)
                yield Rows("growth", [_row(network)])
            yield Rows("signals", _layers(kind, depth, several))
            steps += depth
            yield Progress(steps, total)
    yield from verdicts(found, settings)


def pictures(settings: Settings) -> tuple[Tensor, Tensor]:
    """Training images, as many of each class, without augmentation; B, C, H, W and B."""
    own = experiment(settings, "plain", 20)
    data = TrainedNetwork("", "", "plain", 20, own, {})
    images, labels = data.train_images(settings.images)
    return images.cpu(), labels.cpu()


def experiment(settings: Settings, kind: Kind, depth: int) -> Experiment:
    """The network and its images."""
    return Experiment.create(
        network=f"cifar/{'resnet' if kind.startswith('residual') else 'plain'}-{depth}",
        data=settings.data,
        image_size=16,
        width=settings.width,
        batch_norm=not kind.endswith("no_bn"),
        activation="leaky_relu" if kind == "leaky" else "relu",
        crop_padding=0,
    )


def initial(settings: Settings, kind: Kind, depth: int, seed: int) -> nn.Module:
    """The network of this kind before any update."""
    model = build(experiment(settings, kind, depth).network_spec(16), seed)
    if kind == "dirac":
        near_identity(model, settings.noise)
    return model


def measured(model: nn.Module, images: Tensor, labels: Tensor, slope: float) -> Measured:
    """Signals and responses of one pass in training mode.

    Args:
        slope: of leaky ReLUs below 0.
    """
    cosines: list[float] = []
    with leaky(model, slope), restored_hooks(model):
        for site in response_sites(model):
            (site.bn or site.conv).register_forward_hook(
                lambda _, __, response: cosines.append(alike(response.detach()))
            )
        _, signals = backward_norms(model, images, labels)
    return Measured(signals, np.array(cosines))


def alike(responses: Tensor) -> float:
    """Mean cosine of the responses of two different pictures; B, C, H, W."""
    units = functional.normalize(responses.flatten(1).double(), dim=1)
    count = len(units)
    return float((units.sum(0).square().sum() - count) / (count * (count - 1)))


def _row(network: Network) -> Row:
    numbers = {name: finite(getattr(network, name)) for name in ("ratio", "a_layer", "alike")}
    return {"kind": network.kind, "depth": network.depth, "seed": network.seed, **numbers}


def _layers(kind: Kind, depth: int, several: Sequence[Measured]) -> list[Row]:
    """Signals over the last layer's, geometric means over seeds; not every layer of deep ones."""
    count = len(several[0].signals)
    logs = np.mean(
        [np.log(np.maximum(one.signals / max(one.signals[-1], _TINY), _TINY)) for one in several],
        axis=0,
    )
    cosines = np.mean([one.alike for one in several], axis=0)
    layers = np.unique(np.linspace(0, count - 1, min(count, _MOST_PLACES)).round().astype(int))
    return [
        {
            "kind": kind,
            "depth": depth,
            "layer": int(layer) + 1,
            "place": float(layer) / (count - 1),
            "signal": finite(float(np.exp(logs[layer]))),
            "alike": finite(float(cosines[layer])),
        }
        for layer in layers
    ]
