"""The errors of an imported network, and whether the answers about it fit its file."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.views import per_pixel_mean
from resnet_core.errors import InvalidSetting
from resnet_core.specs.imagenet import CHOICES, check_choice
from resnet_core.specs.names import Spec, is_imagenet
from resnet_core.system.texts import Message
from resnet_core.training import device, multi_crop
from resnet_core.training.device import ComputedPrecision
from resnet_core.training.multi_crop import Errors, Views
from resnet_core.weights import images as test_images
from resnet_core.weights import loading
from resnet_core.weights.images import (
    NORMALIZATIONS,
    PER_PIXEL,
    WHOLE,
    Images,
    Normalization,
    Part,
    normalizations,
)
from resnet_core.weights.reading import WeightsFile
from resnet_core.weights.recognition import Recognition, questions
from resnet_core.weights.trial import (
    Interpretation,
    Report,
    Trial,
    misclassified,
    sample_size,
    try_all,
)

_NEAR_CHANCE = 0.9  # of the error that guessing makes

Progress = Callable[[int, int], None]  # images tested, of how many


class OpenQuestions(InvalidSetting):
    """The file leaves something open, and no answer is given.

    Attributes:
        trials: what each of the possible answers makes of the sample.
    """

    def __init__(self, field: str, key: str, /, trials: Sequence[Trial], **values: object) -> None:
        super().__init__(field, key, **values)
        self.trials = tuple(trials)


@dataclass(frozen=True)
class Answers:
    """Answers to the questions that a file leaves open; None: not answered."""

    network: str | None = None
    shortcut: str | None = None
    option_a_padding: str | None = None
    stride_in: str | None = None
    normalization: str | None = None
    activation: str | None = None  # leaves no trace in a file; ReLU where it is not answered

    def check(self) -> None:
        """Refuse answers that no file can have.

        Raises:
            InvalidSetting: names the choices.
        """
        for field, choices in {**CHOICES, "normalization": NORMALIZATIONS}.items():
            if getattr(self, field, None) is not None:
                check_choice(field, getattr(self, field), choices)

    def matching(self, recognition: Recognition) -> tuple[Spec, ...]:
        """Return the networks that agree with the answers.

        Raises:
            InvalidSetting: none does.
        """
        name = None if self.network is None else self.network.strip().lower()
        return self.with_activation(recognition).settled(
            name=name,
            shortcut=self.shortcut,
            option_a_padding=self.option_a_padding,
            stride_in=self.stride_in,
        )

    def with_activation(self, recognition: Recognition) -> Recognition:
        """Return the recognised networks with this nonlinearity.

        Raises:
            InvalidSetting: they have ReLU only.
        """
        if self.activation is None:
            return recognition
        activation: Any = self.activation
        specs = (replace(spec, activation=activation) for spec in recognition.candidates)
        return Recognition(tuple(specs))


@dataclass(frozen=True)
class EvaluatedFile:
    """The error of a file's network.

    Attributes:
        result: over all images.
        sample: every network and preparation that the file may be for, on the same few images.
        warning: where the answers do not fit, or nothing does.
        tensors: the file's, by our names.
    """

    result: Trial
    images: Images
    file: WeightsFile
    sample: tuple[Trial, ...]
    warning: Message | None
    tensors: Mapping[str, Tensor] = dataclasses.field(repr=False)

    @property
    def error(self) -> float:
        """Percent, first choice."""
        return self.result.error

    @property
    def n(self) -> int:
        return len(self.images)

    @property
    def interpretation(self) -> Interpretation:
        return self.result.interpretation


def evaluate(
    path: Path,
    data: str,
    answers: Answers,
    image_size: int | None = None,
    *,
    part: Part = WHOLE,
    precision: ComputedPrecision = "fp32",
    on_progress: Progress = lambda tested, total: None,
) -> EvaluatedFile:
    """Test the network of a file on a data set's test images, or on all those of an npz.

    Args:
        part: which of these images; see there.
        precision: of the result; the sample is tried in fp32.

    Raises:
        CheckpointError: the file cannot be used.
        DataError: nor can the images, or they do not fit the network.
        InvalidSetting: an answer contradicts the file.
        OpenQuestions: an answer is missing.
    """
    answers.check()
    file, tensors, recognition = loading.load(path)
    specs = answers.matching(recognition)
    images = test_images.load(data, image_size, part)
    test_images.check_fit(images, specs[0].channels, specs[0].classes)
    replace(specs[0], image_size=images.size)  # refused where the network needs larger ones
    possible = normalizations(images.channels)
    accepted = [name for name in possible if answers.normalization in (None, name)]
    if not accepted:
        raise InvalidSetting("normalization", "weights.grey", options=possible)

    execution = device.choose("auto", precision)
    candidates = answers.with_activation(recognition).candidates
    tries = len(candidates) * len(possible)
    sample = images.sample(sample_size(candidates, tries, images.size))
    report = _counter(len(sample) * tries + len(images), on_progress)
    trials = tuple(try_all(candidates, possible, tensors, sample, execution.device, report))
    if len(specs) > 1 or len(accepted) > 1:
        raise _open(specs, accepted, trials)
    interpretation = Interpretation(specs[0], accepted[0])
    model = execution.place(loading.network(specs[0], tensors))
    wrong = misclassified(model, accepted[0], images, execution, report)
    result = Trial(interpretation, wrong)
    return EvaluatedFile(result, images, file, trials, _warning(result, trials), tensors)


def _counter(total: int, on_progress: Progress) -> Report:
    tested = 0

    def report(images: int) -> None:
        nonlocal tested
        tested += images
        on_progress(tested, total)

    on_progress(0, total)
    return report


def _open(
    specs: Sequence[Spec], normalizations: Sequence[Normalization], trials: Sequence[Trial]
) -> OpenQuestions:
    """Return the questions that are left, with the evidence of the sample."""
    fields = questions(tuple(specs))
    if len(normalizations) > 1:
        fields["normalization"] = tuple(normalizations)
    names = {"name": "network"}
    choices = [f"{names.get(field, field)} ({', '.join(v)})" for field, v in fields.items()]
    possible = [
        trial
        for trial in trials
        if trial.interpretation.spec in specs
        and trial.interpretation.normalization in normalizations
    ]
    best = min(possible, key=lambda trial: trial.error)
    first = next(iter(fields))
    return OpenQuestions(
        names.get(first, first),
        "weights.open",
        trials=possible,
        choices=choices,
        images=len(best.wrong),
        least=best.error,
        best=best.interpretation.message(),
    )


def _warning(result: Trial, trials: Sequence[Trial]) -> Message | None:
    """Warn where another reading is clearly better on the sample, or all are near guessing."""
    answered = next(trial for trial in trials if trial.interpretation == result.interpretation)
    best = min(trials, key=lambda trial: trial.error)
    if best.clearly_better_than(answered):
        return Message(
            "errors.weights.misfit",
            images=len(answered.wrong),
            chosen=answered.interpretation.message(),
            error=answered.error,
            best=best.interpretation.message(),
            least=best.error,
        )
    chance = 100 * (1 - 1 / result.interpretation.spec.classes)
    if result.error >= _NEAR_CHANCE * chance and not math.isclose(chance, 0):
        return Message("errors.weights.guessing", chance=chance)
    return None


def evaluate_views(
    path: Path,
    data: str,
    answers: Answers,
    views: Views,
    image_size: int | None = None,
    *,
    part: Part = WHOLE,
    precision: ComputedPrecision = "fp32",
) -> tuple[Errors, Spec]:
    """Test the network of a file on a folder's test images, decoded one after another.

    The per-pixel mean that training takes is subtracted.

    Args:
        image_size: the crops' height and width, pixels; by default 224.

    Raises:
        CheckpointError: the file cannot be used.
        DataError: an image or the folder cannot be used, or does not fit the network.
        InvalidSetting: an answer contradicts the file or is missing.
    """
    answers.check()
    _, tensors, recognition = loading.load(path)
    spec = _views_spec(answers.matching(recognition), answers)
    images = catalog.load_folder(
        Selection(data, image_size, part.train_images, part.test_images, part.validation)
    )
    if len(images.classes) > spec.classes:
        raise InvalidSetting(
            "data",
            "weights.classes",
            title=images.name,
            count=len(images.classes),
            classes=spec.classes,
        )
    execution = device.choose("auto", precision)
    model = execution.place(loading.network(spec, tensors))
    with closing(Decoders()) as decoders:
        mean = per_pixel_mean(images.train, images.image_size, decoders)
        on_device = torch.from_numpy(mean).to(execution.device)
        errors = multi_crop.errors(model, images.test, on_device, views, execution, decoders)
    return errors, spec


def _views_spec(specs: tuple[Spec, ...], answers: Answers) -> Spec:
    if not is_imagenet(specs[0].name):
        raise InvalidSetting("views", "weights.single_view", network=specs[0].name)
    if answers.normalization != PER_PIXEL:
        raise InvalidSetting("normalization", "weights.views_per_pixel")
    if len(specs) > 1:
        field, choices = next(iter(questions(specs).items()))
        raise InvalidSetting(
            "network" if field == "name" else field, "weights.open_choice", options=choices
        )
    return specs[0]
