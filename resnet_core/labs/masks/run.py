"""Maps scored against the masks of the shapes, over many test images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_core.attribution import scores
from resnet_core.attribution.deep_lift import NotPossible
from resnet_core.attribution.explanation import Options
from resnet_core.attribution.methods import explain
from resnet_core.data.dataset import class_order
from resnet_core.errors import InvalidSetting
from resnet_core.labs.events import Event, Progress, Rows, finite
from resnet_core.labs.masks.question import Settings
from resnet_core.labs.masks.verdicts import Score, verdicts
from resnet_core.labs.tools.trained_network import TrainedNetwork, standard_error

_AT_ONCE = 20  # images; between two of them the laboratory can be stopped


def scored(
    method: str, model: nn.Module, x: Tensor, truth: Tensor, options: Options
) -> tuple[Tensor, Tensor]:
    """The share inside the mask, and the hits of the largest value, for the predicted classes.

    Args:
        x: B, C, H, W.
        truth: bool, B, H, W.
    """
    with torch.no_grad():
        predicted = model(x).argmax(1)
    values = explain(method, model, x, predicted, options).values
    return scores.share_inside(values, truth), scores.points_inside(values, truth)


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Score method by method, each on every network.

    Raises:
        InvalidSetting: a network's data have no masks, or it has no such stage.
    """
    options = Options(stage=settings.stage, steps=settings.steps, refine=False, seed=settings.seed)
    tests = [_Test(network, settings.images) for network in networks]
    total = len(settings.methods) * sum(len(test.x) for test in tests)
    steps, results = 0, []
    for method in settings.methods:
        for test in tests:
            shares, hits = [], []
            batches = zip(test.x.split(_AT_ONCE), test.truth.split(_AT_ONCE), strict=True)
            columns = test.network.columns
            try:
                for x, truth in batches:
                    share, hit = scored(method, test.model, x, truth, options)
                    shares.append(share)
                    hits.append(hit)
                    yield Progress(steps := steps + len(x), total)
            except NotPossible as error:
                yield Rows.one("left_out", columns, method=method, reason=error.reason)
                yield Progress(steps := steps + len(test.x), total)
                continue
            results.append(test.score(method, torch.cat(shares), torch.cat(hits)))
            yield Rows.one("scores", columns, vars(results[-1]), images=len(test.x))
    yield from verdicts(results)


def masks(network: TrainedNetwork, index: NDArray[np.int64]) -> Tensor:
    """The masks of these test images on the network's device: bool, N, H, W.

    Raises:
        InvalidSetting: the data do not say where the objects are.
    """
    data = network.dataset
    if data.test.masks is None:
        raise InvalidSetting("runs", "labs.images_without_masks", data=data.name)
    return torch.from_numpy(data.test.masks[index]).to(network.device)


class _Test:
    """A network and the test images, with masks, on which its maps are scored."""

    def __init__(self, network: TrainedNetwork, images: int) -> None:
        self.network = network
        index = class_order(network.dataset.test.labels, equal=True)[:images]
        self.truth = masks(network, index)
        self.x, _ = network.prepared(network.dataset.test.take(index))
        self.model = network.model().requires_grad_(False)

    def score(self, method: str, shares: Tensor, hits: Tensor) -> Score:
        defined = shares[shares.isfinite()].double()  # a map of zeros has no share
        pointing = hits.double()
        return Score(
            self.network.label,
            self.network.family,
            method,
            100 * float(defined.mean()) if len(defined) else 0.0,
            100 * (finite(standard_error(defined)) or 0.0),
            100 * float(pointing.mean()),
            100 * (finite(standard_error(pointing)) or 0.0),
            100 * float(scores.area(self.truth).mean()),
        )
