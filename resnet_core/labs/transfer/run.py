"""Heads for masks or boxes, trained on the requested networks with the same scenes."""

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

from resnet_core.labs.events import NOTHING, Event, Progress, Row, Rows, Value, pack
from resnet_core.labs.tools.trained_network import TrainedNetwork, logits, percent_wrong
from resnet_core.labs.transfer import scenes
from resnet_core.labs.transfer.learners import BATCH, TARGET, Learner
from resnet_core.labs.transfer.question import Settings
from resnet_core.labs.transfer.scenes import BoxScore, Scenes, Score
from resnet_core.labs.transfer.verdicts import Trained, diverged, verdicts

SHOWN = 4  # test scenes whose masks or boxes are stored
_TEST = 200  # scenes on which heads are scored
_CLASSIFIED = 500  # test images of a network, for its classification error
_PROGRESS_EVERY = 4  # updates
# Shares of the updates after which heads are scored: closer at first, when they learn most.
_MOMENTS = (0.0, 0.05, 0.12, 0.25, 0.45, 0.7, 1.0)


@dataclass
class _Entry:
    """A learner and its progress."""

    learner: Learner
    columns: dict[str, Value]
    weight: int  # of an update, in steps of the progress bar
    updates: int = 0
    losses: list[float] = field(default_factory=list)
    score: Score | None = None
    diverged: bool = False


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """The scenes; then, for each use of the backbones, all heads in turn; then the verdicts."""
    first = TARGET if settings.task == "box" else None
    train = scenes.draw(settings.images, (settings.seed, 0), first)
    test = scenes.draw(_TEST, (settings.seed, 1), first)
    yield Rows("scenes", [_scene(test, index, settings.task) for index in range(SHOWN)])
    batches = _batches(settings)
    total = sum(weight(n, how) for n in networks for how in settings.backbones) * settings.updates
    steps = 0
    finished: list[Trained] = []
    errors: dict[str, float] = {}
    for how in settings.backbones:
        entries = [
            _Entry(
                Learner(network, how, settings.task, train, test, settings.seed),
                {**network.columns, "how": how},
                weight(network, how),
            )
            for network in networks
        ]
        steps = yield from _race(entries, batches, settings.updates, steps, total)
        errors = errors or {network.id: classification_error(network) for network in networks}
        converged = [entry for entry in entries if not entry.diverged]
        trained = [_trained(entry, errors) for entry in converged]
        finished += trained
        rows = [_final(one, entry) for one, entry in zip(trained, converged, strict=True)]
        yield Rows("final", rows)
    yield from verdicts(finished)


def weight(network: TrainedNetwork, how: str) -> int:
    """The approximate cost of an update, in those of a frozen backbone."""
    return 1 if how == "frozen" else max(1, round(3 * network.depth / 20))


def classification_error(network: TrainedNetwork) -> float:
    """Error of the network as it was trained, on its test images, percent."""
    images, labels = network.test_images(_CLASSIFIED)
    return percent_wrong(logits(network.model(), images), labels)


def _race(
    entries: Sequence[_Entry], batches: Tensor, updates: int, steps: int, total: int
) -> Generator[Event, None, int]:
    """Train all on the same scenes in the same order, and score them at the same moments."""
    for moment in sorted({round(share * updates) for share in _MOMENTS}):
        for entry in entries:
            if entry.diverged:
                continue
            while entry.updates < moment and not entry.diverged:
                _step(entry, batches[entry.updates], updates)
                steps += entry.weight
                if entry.updates % _PROGRESS_EVERY == 0:
                    yield Progress(steps, total)
            if entry.diverged:
                yield diverged(str(entry.columns["label"]), entry.updates)
                steps += entry.weight * (updates - entry.updates)
            else:
                yield from _scored(entry)
    return steps


def _step(entry: _Entry, batch: Tensor, updates: int) -> None:
    entry.losses.append(entry.learner.step(batch, entry.updates / updates))
    entry.diverged = not math.isfinite(entry.losses[-1])
    entry.updates += 1


def _scored(entry: _Entry) -> Iterator[Rows]:
    """The head's score now, and its predictions for the first scenes."""
    predicted = entry.learner.predictions()
    entry.score = entry.learner.score(predicted)
    loss = float(np.mean(entry.losses)) if entry.losses else None
    entry.losses.clear()
    columns = {**entry.columns, "update": entry.updates}
    score = {"score": 100 * entry.score.mean(), "error": _error(entry.score)}
    yield Rows.one("curves", columns, score, loss=loss)
    rows = [{**columns, "scene": index, **_packed(predicted[index])} for index in range(SHOWN)]
    yield Rows("predictions", rows)


def _batches(settings: Settings) -> Tensor:
    """The scenes of each update, the same for all heads: updates, BATCH."""
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
        "box": _box_text(test.boxes[index, 0]) if task == "box" else "",
    }


def _packed(predicted: NDArray) -> Row:
    """A mask or a box as columns."""
    if predicted.ndim == 1:
        return {**NOTHING, "box": _box_text(predicted)}
    return {**pack(predicted), "box": ""}


def _box_text(box: NDArray) -> str:
    return json.dumps([round(float(edge), 2) for edge in box])


def _error(score: Score) -> float | None:
    """The mean distance of an edge of boxes, pixels; None for masks."""
    return float(score.error.mean()) if isinstance(score, BoxScore) else None


def _trained(entry: _Entry, errors: Mapping[str, float]) -> Trained:
    network, score = entry.learner.trained, cast(Score, entry.score)
    identity = (network.label, network.family, network.depth, entry.learner.how)
    return Trained(*identity, score, errors[network.id])


def _final(one: Trained, entry: _Entry) -> Row:
    low, high = scenes.interval(one.score.mean, len(one.score), 0)
    shares = {"score": one.score.mean(), "low": low, "high": high}
    percents = {name: 100 * share for name, share in shares.items()}
    # One that is trained from scratch has nothing of the classifier.
    classification = None if one.how == "scratch" else one.classification
    errors = {"error": _error(one.score), "classification": classification}
    return {**entry.columns, **percents, **errors}
