"""The randomisation check: maps of a network that is forgotten part by part, head first.

Adebayo et al. (2018): what a map shows of an untrained network it does not owe to training.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from resnet_core.attribution import randomisation
from resnet_core.attribution.deep_lift import NotPossible
from resnet_core.attribution.explanation import Options
from resnet_core.attribution.methods import explain
from resnet_core.attribution.scores import rank_correlation
from resnet_core.labs.events import Event, Progress, Row, Rows
from resnet_core.labs.question import Settings
from resnet_core.labs.randomised import question as randomised
from resnet_core.labs.randomised.verdicts import verdict
from resnet_core.labs.tools import columns, packed_arrays
from resnet_core.labs.tools.picture_input import seen
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.catalog import build

# Apart from any seed that a person trains with: a trained network still resembles its start.
_FRESH = 7_000_003
_STATISTICS = 256  # training images
WHOLE = ""  # the layer's name of the network before anything is randomised


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """Network by network, part by part, every method.

    Raises:
        InvalidSetting, DataError: there is no such picture.
    """
    asked = cast(randomised.Settings, settings)
    checks = [_Check(subject, asked) for subject in subjects]
    done, total = 0, sum(check.steps for check in checks)
    for check in checks:
        for step, (layer, model) in enumerate(check.stages()):
            for method in list(check.methods):
                yield from check.measured(method, step, layer, model)
            yield Progress(done := done + 1, total)
    for check in checks:
        for method, last in check.last.items():
            yield verdict(check.subject.label, method, last, len(check.x))


class _Check:
    """One network before its pictures."""

    def __init__(self, subject: Subject, settings: randomised.Settings) -> None:
        self.subject = subject
        self.how = Options(steps=settings.steps, refine=False, samples=16, seed=settings.seed)
        self.methods: list[str] = list(settings.methods)
        self.x = _pictures(subject, settings)
        self.model = subject.model().requires_grad_(False)
        with torch.no_grad():
            self.target = self.model(self.x).argmax(1)  # stays when the network forgets it
        self.fresh = fresh(subject, settings.seed).to(self.x.device)
        self.steps = 1 + len(randomisation.parts(self.model))
        self.before: dict[str, Tensor] = {}
        self.last: dict[str, float] = {}

    def stages(self) -> Iterator[tuple[str, nn.Module]]:
        yield WHOLE, self.model
        images, _ = self.subject.train_images(_STATISTICS)
        yield from randomisation.cascade(self.model, self.fresh, images)

    def measured(self, method: str, step: int, layer: str, model: nn.Module) -> Iterator[Event]:
        named: Row = {**columns.of(self.subject), "method": method}
        try:
            found = explain(method, model, self.x, self.target, self.how)
        except NotPossible as error:
            self.methods.remove(method)
            yield Rows("left_out", [{**named, "reason": error.reason}])
            return
        sizes = found.values.abs().cpu()
        before = self.before.setdefault(method, sizes)
        each = [rank_correlation(a, b) for a, b in zip(before, sizes, strict=True)]
        known = torch.tensor([value for value in each if not math.isnan(value)])
        self.last[method] = float(known.mean()) if len(known) else math.nan
        spread = float(known.std()) / math.sqrt(len(known)) if len(known) > 1 else None
        where = {**named, "step": step, "layer": layer}
        value = None if math.isnan(self.last[method]) else self.last[method]
        count = {"images": len(known)}
        yield Rows("correlations", [{**where, "correlation": value, "error": spread, **count}])
        halves, largest = packed_arrays.halves(found.values[0].cpu().numpy())
        drawn = {**where, "signed": found.signed, **packed_arrays.pack(halves), "largest": largest}
        yield Rows("maps", [drawn])


def fresh(subject: Subject, seed: int) -> nn.Module:
    """The same architecture with weights that have nothing to do with the subject's."""
    data = subject.dataset
    spec = subject.experiment.spec_for(data)
    return build(spec, _FRESH + seed).requires_grad_(False).eval()


def _pictures(subject: Subject, settings: randomised.Settings) -> Tensor:
    """The picture that was asked for, and test images with it. N, C, H, W."""
    x = seen(subject, settings.picture).x(subject)
    if settings.images == 1:
        return x
    others, _ = subject.test_images(settings.images - 1)
    return torch.cat([x, others])
