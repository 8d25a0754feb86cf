"""The randomisation check: maps of a network whose weights are made random, head first.

Adebayo et al. (2018): a map that stays the same does not depend on training.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from resnet_core.attribution import randomisation
from resnet_core.attribution.deep_lift import NotPossible
from resnet_core.attribution.explanation import Options
from resnet_core.attribution.methods import explain
from resnet_core.attribution.scores import rank_correlation
from resnet_core.labs.attribution.run import load_picture
from resnet_core.labs.events import Event, Progress, Row, Rows, finite, pack_map
from resnet_core.labs.randomised.question import Settings
from resnet_core.labs.randomised.verdicts import verdict
from resnet_core.labs.tools.derived_networks import set_batch_statistics
from resnet_core.labs.tools.intervals import spread
from resnet_core.labs.tools.trained_network import TrainedNetwork, standard_error
from resnet_core.networks.catalog import build

# Apart from any seed that a person trains with: a trained network still resembles its start.
_FRESH = 7_000_003
_STATISTICS = 256  # training images
_OTHERS = (1, 2)  # seeds of further draws of all weights, which the verdict covers as well
WHOLE = ""  # the layer's name of the network before anything is randomised


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Randomise each network part by part, and map by every method at each step.

    Raises:
        InvalidSetting, DataError: there is no such picture.
    """
    checks = [_Check(network, settings) for network in networks]
    steps, total = 0, sum(check.steps for check in checks)
    for check in checks:
        for step, (layer, model) in enumerate(check.stages()):
            for method in list(check.methods):
                yield from check.measured(method, step, layer, model)
            yield Progress(steps := steps + 1, total)
    for check in checks:
        for method in check.methods:
            mean, error = check.all_random(method)
            yield verdict(check.network.label, method, mean, error, len(check.x))


class _Check:
    """One network and its pictures."""

    def __init__(self, network: TrainedNetwork, settings: Settings) -> None:
        self.network = network
        self.options = Options(steps=settings.steps, refine=False, samples=16, seed=settings.seed)
        self.methods: list[str] = list(settings.methods)
        self.x = _pictures(network, settings)
        self.model = network.model().requires_grad_(False)
        with torch.no_grad():
            self.target = self.model(self.x).argmax(1)  # stays when the weights are random
        self.fresh = fresh(network, settings.seed).to(self.x.device)
        self.steps = 1 + len(randomisation.parts(self.model))
        self.first: dict[str, Tensor] = {}  # maps before anything was randomised
        self.last: dict[str, Tensor] = {}  # correlations of each picture's maps at the end
        self.others = [fresh(network, settings.seed + n).to(self.x.device) for n in _OTHERS]

    def stages(self) -> Iterator[tuple[str, nn.Module]]:
        yield WHOLE, self.model
        images, _ = self.network.train_images(_STATISTICS)
        yield from randomisation.cascade(self.model, self.fresh, images)

    def measured(self, method: str, step: int, layer: str, model: nn.Module) -> Iterator[Event]:
        which: Row = {**self.network.columns, "method": method}
        try:
            explanation = explain(method, model, self.x, self.target, self.options)
        except NotPossible as error:
            self.methods.remove(method)
            yield Rows.one("left_out", which, reason=error.reason)
            return
        sizes = explanation.values.abs().cpu()
        correlations = self.last[method] = self._correlations(method, sizes)
        mean = finite(float(correlations.nanmean()))
        values = {"correlation": mean, "error": finite(standard_error(correlations))}
        images = int(correlations.isfinite().sum())
        where = {**which, "step": step, "layer": layer}
        yield Rows.one("correlations", where, values, images=images)
        packed = pack_map(explanation.values[0].cpu().numpy())
        yield Rows.one("maps", where, packed, signed=explanation.signed)

    def _correlations(self, method: str, sizes: Tensor) -> Tensor:
        """Each picture's map, N, H, W, compared with the one before anything was random: N."""
        first = self.first.setdefault(method, sizes)
        pairs = zip(first, sizes, strict=True)
        return torch.tensor([rank_correlation(a, b) for a, b in pairs])

    def all_random(self, method: str) -> tuple[float, float]:
        """The mean correlation with all weights random, over pictures and draws of the weights,
        and its standard error."""
        draws = [self.last[method]]
        images, _ = self.network.train_images(_STATISTICS)
        for other in self.others:
            model = set_batch_statistics(other, images)
            values = explain(method, model, self.x, self.target, self.options).values
            draws.append(self._correlations(method, values.abs().cpu()))
        correlations = torch.stack(draws)
        means = [float(draw.nanmean()) for draw in draws]
        over_pictures = finite(standard_error(correlations.nanmean(dim=0))) or 0.0
        return float(correlations.nanmean()), math.hypot(over_pictures, spread(means))


def fresh(network: TrainedNetwork, seed: int) -> nn.Module:
    """The same architecture with weights that are independent of the network's."""
    return build(network.spec, _FRESH + seed).requires_grad_(False).eval()


def _pictures(network: TrainedNetwork, settings: Settings) -> Tensor:
    """The chosen picture, and test images with it. N, C, H, W."""
    x = load_picture(network, settings.picture).x(network)
    if settings.images == 1:
        return x
    others, _ = network.test_images(settings.images - 1)
    return torch.cat([x, others])
