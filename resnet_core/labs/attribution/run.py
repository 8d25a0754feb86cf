"""Maps of one picture: by every method, of every network, one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from resnet_core.attribution import scores
from resnet_core.attribution.deep_lift import NotPossible
from resnet_core.attribution.explanation import Explanation, Options
from resnet_core.attribution.methods import explain
from resnet_core.errors import InvalidSetting
from resnet_core.labs.attribution import question as attribution
from resnet_core.labs.attribution.verdicts import Sum, verdict
from resnet_core.labs.events import Event, Progress, Row, Rows
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import columns, earlier_weights, packed_arrays
from resnet_core.labs.tools.picture_input import Seen, seen
from resnet_core.labs.tools.trained_network import Subject


@dataclass(frozen=True)
class Case:
    """One network at one moment before one picture.

    Attributes:
        x: 1, C, H, W.
        target: the class that is explained.
    """

    subject: Subject
    iteration: int
    model: nn.Module
    x: Tensor
    target: int
    mask: Tensor | None


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """Every method of each network as it is; then, where asked, as it was earlier.

    Earlier maps explain the class that the last ones do, whatever was predicted then.

    Raises:
        InvalidSetting: a network has no such picture, class or stage.
        DataError: the picture is not there.
    """
    asked = cast(attribution.Settings, settings)
    pictures = [seen(subject, asked.picture) for subject in subjects]
    moments = [_moments(subject, asked) for subject in subjects]
    done, total = 0, len(asked.methods) * sum(map(len, moments))
    cases = []
    for subject, picture, kept in zip(subjects, pictures, moments, strict=True):
        yield Rows("pictures", [_picture(subject, picture, kept)])
        cases.append(case(subject, picture, asked.target, kept[-1]))
        yield Rows("scores", [_scored(cases[-1])])
    sums: dict[str, list[Sum]] = {subject.id: [] for subject in subjects}
    for method in asked.methods:
        for one in cases:
            row, found = mapped(one, method, options(asked))
            sums[one.subject.id] += found
            yield Rows("maps", [row])
            yield Progress(done := done + 1, total)
    for one in cases:
        yield verdict(_scored(one), sums[one.subject.id])
    for now, picture, kept in zip(cases, pictures, moments, strict=True):
        for iteration in reversed(kept[:-1]):
            before = case(
                earlier_weights.at(now.subject, iteration), picture, now.target, iteration
            )
            yield Rows("scores", [_scored(before)])
            for method in asked.methods:
                yield Rows("maps", [mapped(before, method, options(asked))[0]])
                yield Progress(done := done + 1, total)


def options(settings: attribution.Settings) -> Options:
    return Options(
        stage=settings.stage,
        steps=settings.steps,
        samples=settings.samples,
        noise=settings.noise,
        patches=settings.patches,
        seed=settings.seed,
    )


def case(subject: Subject, picture: Seen, target: int, iteration: int) -> Case:
    """The network before the picture; -1 stands for the class that it predicts."""
    model, x = subject.model().requires_grad_(False), picture.x(subject)
    classes = subject.dataset.classes
    if target >= len(classes):
        raise InvalidSetting(
            "target",
            f"{subject.label} knows {len(classes)} classes; use 0 to {len(classes) - 1}, or -1.",
        )
    if target < 0:
        with torch.no_grad():
            target = int(model(x).argmax())
    mask = None if picture.mask is None else torch.tensor(picture.mask)[None].to(x.device)
    return Case(subject, iteration, model, x, target, mask)


def mapped(one: Case, method: str, how: Options) -> tuple[Row, list[Sum]]:
    """A row of `maps`, and how its parts add up if they promise to."""
    named: Row = {**columns.of(one.subject), "iteration": one.iteration, "method": method}
    try:
        found = explain(method, one.model, one.x, _whole(one), how)
    except NotPossible as error:
        return {**named, **_EMPTY, "reason": error.reason}, []
    values, largest = packed_arrays.halves(found.values[0].cpu().numpy())
    row = {**named, **_EMPTY, **packed_arrays.pack(values), "largest": largest}
    row |= {"signed": found.signed, "layer": found.layer, **_inside(found, one.mask)}
    if found.completeness is None:
        return row, []
    percent = float(found.completeness.percent[0])
    row |= {
        "percent": None if math.isnan(percent) else percent,
        "delta": float(found.completeness.delta[0]),
        "steps": found.completeness.steps,
    }
    return row, [Sum(method, percent)]


_EMPTY: Row = {
    **packed_arrays.NOTHING,
    **dict.fromkeys(("largest", "percent", "delta", "steps", "inside", "points", "area")),
    **{"signed": False, "layer": "", "reason": ""},
}


def _whole(one: Case) -> Tensor:
    return torch.tensor([one.target], device=one.x.device)


def _inside(found: Explanation, mask: Tensor | None) -> Row:
    if mask is None:
        return {}
    share = float(scores.share_inside(found.values, mask)[0])
    return {
        "inside": None if math.isnan(share) else share,
        "points": bool(scores.points_inside(found.values, mask)[0]),
        "area": float(scores.area(mask)[0]),
    }


def _moments(subject: Subject, settings: attribution.Settings) -> list[int]:
    """Iterations, rising; the last is that of the subject's own weights."""
    now = earlier_weights.last(subject)
    kept = earlier_weights.iterations(subject) if settings.through_training else []
    return [iteration for iteration in kept if iteration < now] + [now]


def _picture(subject: Subject, picture: Seen, kept: Sequence[int]) -> Row:
    mask = packed_arrays.NOTHING if picture.mask is None else packed_arrays.pack(picture.mask)
    truth = None if picture.label is None else subject.dataset.classes[picture.label]
    return {
        **columns.of(subject),
        **packed_arrays.pack(picture.pixels),
        **{f"mask_{name}": value for name, value in mask.items()},
        "truth": truth,
        "checkpoints": len(kept),
    }


@torch.no_grad()
def _scored(one: Case) -> Row:
    chances = one.model(one.x).softmax(1)[0]
    classes, best = one.subject.dataset.classes, int(chances.argmax())
    return {
        **columns.of(one.subject),
        "iteration": one.iteration,
        "predicted": classes[best],
        "probability": 100 * float(chances[best]),
        "target": one.target,
        "target_class": classes[one.target],
        "target_probability": 100 * float(chances[one.target]),
    }
