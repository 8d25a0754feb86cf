"""Maps against the truth about where the shape is, over many test images."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from resnet_core.attribution import scores
from resnet_core.attribution.deep_lift import NotPossible
from resnet_core.attribution.explanation import Options
from resnet_core.attribution.methods import explain
from resnet_core.data.dataset import class_order
from resnet_core.labs.events import Event, Progress, Rows
from resnet_core.labs.masks import question as masks
from resnet_core.labs.masks.verdicts import Score, verdicts
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import columns
from resnet_core.labs.tools.picture_input import masks as masks_of
from resnet_core.labs.tools.trained_network import Subject

_AT_ONCE = 20  # images; between two of them the laboratory can be stopped


def scored(
    method: str, model: nn.Module, x: Tensor, truth: Tensor, how: Options
) -> tuple[Tensor, Tensor]:
    """The share inside and whether the map points inside, of each image's predicted class.

    Args:
        x: B, C, H, W.
        truth: bool, B, H, W.
    """
    with torch.no_grad():
        predicted = model(x).argmax(1)
    found = explain(method, model, x, predicted, how)
    inside = scores.share_inside(found.values, truth)
    return inside, scores.points_inside(found.values, truth)


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """Method by method, each on every network.

    Raises:
        InvalidSetting: a network's data have no masks, or it has no such stage.
    """
    asked = cast(masks.Settings, settings)
    how = Options(stage=asked.stage, steps=asked.steps, refine=False, seed=asked.seed)
    patients = [_Patient(subject, asked.images) for subject in subjects]
    total = len(asked.methods) * sum(len(patient.x) for patient in patients)
    done, found = 0, []
    for method in asked.methods:
        for patient in patients:
            shares, hits = [], []
            try:
                for x, truth in patient.batches():
                    share, hit = scored(method, patient.model, x, truth, how)
                    shares.append(share)
                    hits.append(hit)
                    yield Progress(done := done + len(x), total)
            except NotPossible as error:
                named = columns.of(patient.subject)
                yield Rows("left_out", [{**named, "method": method, "reason": error.reason}])
                yield Progress(done := done + len(patient.x), total)
                continue
            score = patient.score(method, torch.cat(shares), torch.cat(hits))
            found.append(score)
            images = {"images": len(patient.x)}
            yield Rows("scores", [{**columns.of(patient.subject), **vars(score), **images}])
    yield from verdicts(found)


class _Patient:
    """A network before its test images, whose shapes are known."""

    def __init__(self, subject: Subject, images: int) -> None:
        self.subject = subject
        index = class_order(subject.dataset.test.labels, equal=True)[:images]
        self.truth = masks_of(subject, index)
        self.x, _ = subject.prepared(subject.dataset.test.take(index))
        self.model = subject.model().requires_grad_(False)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        yield from zip(self.x.split(_AT_ONCE), self.truth.split(_AT_ONCE), strict=True)

    def score(self, method: str, shares: Tensor, hits: Tensor) -> Score:
        known = shares[shares.isfinite()].double()  # a map of nothing lies nowhere
        pointing = hits.double()
        return Score(
            self.subject.label,
            self.subject.family,
            method,
            100 * float(known.mean()) if len(known) else 0.0,
            100 * _error(known),
            100 * float(pointing.mean()),
            100 * _error(pointing),
            100 * float(scores.area(self.truth).mean()),
        )


def _error(values: Tensor) -> float:
    """The standard error of the mean."""
    return float(values.std()) / math.sqrt(len(values)) if len(values) > 1 else 0.0
