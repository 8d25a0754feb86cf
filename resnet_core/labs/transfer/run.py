"""Heads for masks or boxes in training on the chosen networks, all on the same scenes."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_core.labs.events import Event, Progress, Row, Rows, Value
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import columns
from resnet_core.labs.tools.packed_arrays import NOTHING, pack
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.labs.transfer import question, scenes, scores
from resnet_core.labs.transfer.learners import BATCH, TARGET, Learner
from resnet_core.labs.transfer.scenes import Scenes
from resnet_core.labs.transfer.scores import BoxScore, Score
from resnet_core.labs.transfer.verdicts import Trained, diverged, verdicts
from resnet_core.training.evaluation.evaluation import percent_wrong

SHOWN = 4  # test scenes whose masks or boxes are kept
_TEST = 200  # scenes on which heads are scored
_CLASSIFIED = 500  # of its own test images, for a network's classification error
_TOLD = 4  # updates between two steps of the progress bar
# Shares of the updates after which heads are scored: closer at first, when they learn most.
_MOMENTS = (0.0, 0.05, 0.12, 0.25, 0.45, 0.7, 1.0)


@dataclass
class _Racer:
    """A learner and how far it has come."""

    learner: Learner
    who: dict[str, Value]
    weight: int  # of an update, in steps of the progress bar
    done: int = 0
    losses: list[float] = field(default_factory=list)
    score: Score | None = None
    broken: bool = False  # its loss is no longer a number


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """The scenes; then, for each way of using backbones, all heads in turn; then the verdict."""
    asked = cast(question.Settings, settings)
    first = TARGET if asked.task == "box" else None
    train = scenes.draw(asked.images, (asked.seed, 0), first)
    test = scenes.draw(_TEST, (asked.seed, 1), first)
    yield Rows("scenes", [_scene(test, index, asked.task) for index in range(SHOWN)])
    order = _order(asked)
    total = sum(weight(s, how) for s in subjects for how in asked.backbones) * asked.updates
    done = 0
    finished: list[Trained] = []
    errors: dict[str, float] = {}
    for how in asked.backbones:
        racers = [
            _Racer(
                Learner(subject, how, asked.task, train, test, asked.seed),
                {**columns.of(subject), "how": how},
                weight(subject, how),
            )
            for subject in subjects
        ]
        done = yield from _race(racers, order, asked.updates, done, total)
        errors = errors or {subject.id: classification_error(subject) for subject in subjects}
        trained = [_trained(racer, errors) for racer in racers if not racer.broken]
        finished += [one for one, _ in trained]
        yield Rows("final", [_final(one, who) for one, who in trained])
    yield from verdicts(finished)


def weight(subject: Subject, how: str) -> int:
    """What an update costs, in those of a frozen backbone, about."""
    return 1 if how == "frozen" else max(1, round(3 * subject.depth / 20))


@torch.no_grad()
def classification_error(subject: Subject) -> float:
    """Of the network as it was trained, on its own test images, percent."""
    images, labels = subject.test_images(_CLASSIFIED)
    model = subject.model()
    parts = zip(images.split(100), labels.split(100), strict=True)
    return percent_wrong((model(x), y) for x, y in parts)


def _race(
    racers: Sequence[_Racer], order: Tensor, updates: int, done: int, total: int
) -> Generator[Event, None, int]:
    """All learn from the same scenes in the same order, and are scored at the same moments."""
    for moment in sorted({round(share * updates) for share in _MOMENTS}):
        for racer in racers:
            if racer.broken:
                continue
            while racer.done < moment and not racer.broken:
                _step(racer, order[racer.done], updates)
                done += racer.weight
                if racer.done % _TOLD == 0:
                    yield Progress(done, total)
            if racer.broken:
                yield diverged(str(racer.who["label"]), racer.done)
                done += racer.weight * (updates - racer.done)
            else:
                yield from _scored(racer)
    return done


def _step(racer: _Racer, chosen: Tensor, updates: int) -> None:
    racer.losses.append(racer.learner.step(chosen, racer.done / updates))
    racer.broken = not math.isfinite(racer.losses[-1])
    racer.done += 1


def _scored(racer: _Racer) -> Iterator[Rows]:
    """How the head does now, and what it says of the first scenes."""
    predicted = racer.learner.predictions()
    racer.score = racer.learner.score(predicted)
    loss = float(np.mean(racer.losses)) if racer.losses else None
    racer.losses.clear()
    where = {**racer.who, "update": racer.done}
    score = 100 * racer.score.mean()
    yield Rows("curves", [{**where, "loss": loss, "score": score, "error": _error(racer.score)}])
    yield Rows(
        "predictions",
        [{**where, "scene": index, **_said(predicted[index])} for index in range(SHOWN)],
    )


def _order(settings: question.Settings) -> Tensor:
    """Which scenes each update learns from, everyone alike: updates, BATCH."""
    generator = torch.Generator().manual_seed(settings.seed)
    rounds = math.ceil(settings.updates * BATCH / settings.images)
    shuffled = [torch.randperm(settings.images, generator=generator) for _ in range(rounds)]
    return torch.cat(shuffled)[: settings.updates * BATCH].view(settings.updates, BATCH)


def _scene(test: Scenes, index: int, task: str) -> Row:
    truth = pack(test.labels[index])
    return {
        "scene": index,
        **pack(test.images[index]),
        **{f"truth_{key}": value for key, value in truth.items()},
        "box": _text(test.boxes[index, 0]) if task == "box" else "",
    }


def _said(predicted: NDArray) -> Row:
    """A mask or a box, as a row has it."""
    if predicted.ndim == 1:
        return {**NOTHING, "box": _text(predicted)}
    return {**pack(predicted), "box": ""}


def _text(box: NDArray) -> str:
    return json.dumps([round(float(edge), 2) for edge in box])


def _error(score: Score) -> float | None:
    """Of boxes: by how many pixels an edge is off."""
    return float(score.error.mean()) if isinstance(score, BoxScore) else None


def _trained(racer: _Racer, errors: Mapping[str, float]) -> tuple[Trained, dict[str, Value]]:
    """What the head reached, and the columns that say whose it is."""
    subject, score = racer.learner.subject, cast(Score, racer.score)
    who = (subject.label, subject.family, subject.depth, racer.learner.how)
    return Trained(*who, score, errors[subject.id]), racer.who


def _final(one: Trained, who: Mapping[str, Value]) -> Row:
    low, high = scores.interval(one.score.mean, len(one.score), 0)
    return {
        **who,
        "score": 100 * one.score.mean(),
        "low": 100 * low,
        "high": 100 * high,
        "error": _error(one.score),
        # One that is begun anew has nothing of the network that was trained.
        "classification": None if one.how == "scratch" else one.classification,
    }
