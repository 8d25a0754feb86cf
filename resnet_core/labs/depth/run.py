"""Too deep? Training and test error as depth grows, while the training images stay the same.

Table 6 of the paper: 1202 layers reach a training error below 0.1 % and a test error of 7.93 %,
110 layers 6.43 %; the paper (section 4.2) calls that overfitting. Plain networks fail the other
way round: it is their training error that rises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.depth import question as depth
from resnet_core.labs.depth import verdicts as depth_verdicts
from resnet_core.labs.depth.verdicts import Ends
from resnet_core.labs.events import Event, Progress, Row, Rows, Verdict
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.telemetry.events import Diverged, Finished, Measurement
from resnet_core.training.evaluation.evaluation import percent_wrong

TEST_IMAGES = 1000  # there are no more shapes to test on

_RECORDS = 18  # of each run
_EVALUATIONS = 3
_MOST_AT_ONCE = 8
_IMAGES_AT_ONCE = 250


def experiment(settings: depth.Settings, layers: int) -> Experiment:
    """One short run of this depth: 8x8 shapes and 16 filters, no crop."""
    every = max(1, settings.iterations // _RECORDS)
    return Experiment.create(
        network=f"cifar/{settings.family}-{layers}",
        image_size=8,
        width=16,
        train_images=settings.train_images,
        test_images=min(settings.images, TEST_IMAGES),
        crop_padding=0,
        batch_size=32,
        iterations=settings.iterations,
        learning_rate=settings.learning_rate,
        # The same ramp at every depth: without it the deepest ones lose their first third.
        warmup="linear",
        warmup_iterations=settings.iterations // 3,
        milestones=(settings.iterations * 3 // 4,),
        record_every=every,
        evaluate_every=max(1, settings.iterations // _EVALUATIONS),
        evaluation_images=settings.train_images,
        audit_every=0,
        seed=settings.seed,
        device="cpu",
        precision="fp32",
    )


def run(settings: Settings, subjects: Sequence[Subject] = ()) -> Iterator[Event]:
    """Measure the trained networks, then climb the ladder; the deepest rung begins first."""
    asked = cast(depth.Settings, settings)
    families: dict[str, list[Ends]] = {}
    for subject in subjects:
        train, test = (_error(subject, part, asked.images) for part in ("train", "test"))
        families.setdefault(subject.family, []).append(Ends(subject.depth, train, test))
        yield Rows("errors", [_trained_row(subject, train, test)])
    ladder = _Ladder(asked)
    yield from ladder.climb()
    yield from ladder.verdict()
    yield from depth_verdicts.trained(families, asked.images)


class _Ladder:
    """The short runs, deepest first."""

    def __init__(self, settings: depth.Settings) -> None:
        self._settings = settings
        self._depths = sorted(depth.depths(settings), reverse=True)
        self._experiments = [experiment(settings, layers) for layers in self._depths]
        # A step takes time in proportion to the depth; so do the shares of progress.
        self._total = settings.iterations * sum(self._depths)
        self._reached = dict.fromkeys(self._depths, 0)
        self._ends: list[Ends] = []

    def climb(self) -> Iterator[Event]:
        workers = min(short_runs.cores(), _MOST_AT_ONCE)
        training = short_runs.many(self._experiments, workers)
        try:
            for index, event in training:
                layers = self._depths[index]
                if isinstance(event, Measurement):
                    self._reached[layers] = event.iteration
                    yield Rows("curves", [_curve_row(layers, event)])
                else:
                    self._reached[layers] = self._settings.iterations
                    yield Rows("errors", [self._end(layers, event)])
                done = sum(layers * reached for layers, reached in self._reached.items())
                yield Progress(done, self._total)
        finally:
            training.close()  # type: ignore[attr-defined]  # ends the children, whoever closes us

    def _end(self, layers: int, event: Finished | Diverged) -> Row:
        train = event.train_error if isinstance(event, Finished) else None
        test = event.test_error if isinstance(event, Finished) else None
        # A run that diverged knows nothing: wrong on every image.
        self._ends.append(Ends(layers, *(100.0 if e is None else e for e in (train, test))))
        return {
            "source": "live",
            "label": f"{self._settings.family}-{layers}",
            "family": self._settings.family,
            "depth": layers,
            "seed": self._settings.seed,
            "train": train,
            "test": test,
        }

    def verdict(self) -> Iterator[Verdict]:
        fitted, new = self._settings.train_images, min(self._settings.images, TEST_IMAGES)
        yield depth_verdicts.short(self._ends, fitted, new)


@torch.inference_mode()
def _error(subject: Subject, part: str, count: int) -> float:
    """Percent wrong on so many training or test images."""
    images, labels = subject.train_images(count) if part == "train" else subject.test_images(count)
    model = subject.model()
    parts = zip(images.split(_IMAGES_AT_ONCE), labels.split(_IMAGES_AT_ONCE), strict=True)
    return percent_wrong((model(x), y) for x, y in parts)


def _trained_row(subject: Subject, train: float, test: float) -> Row:
    return {
        "source": subject.id,
        "label": subject.label,
        "family": subject.family,
        "depth": subject.depth,
        "seed": subject.experiment.seed,
        "train": train,
        "test": test,
    }


def _curve_row(layers: int, measured: Measurement) -> Mapping[str, float | int | None]:
    return {
        "depth": layers,
        "iteration": measured.iteration,
        "error": measured.running_error,
        "test": measured.test_error,
    }
